"""What a terminal is to a report: tables, lines and items, in the characters it can show."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

_ROOMY_WIDTH = 100
_ASCII = str.maketrans(
    {"–": "-", "—": "-", "≥": ">=", "≤": "<=", "·": "|", "µ": "u", "…": "...", "×": "x", "÷": "/"}
)


class Page:
    """A console, and the one way text reaches it: literally (no markup), in characters it can show."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._encoding = console.encoding
        self.narrow = console.width < _ROOMY_WIDTH

    def text(self, content: str, style: str = "") -> Text:
        """Return the content as it may be printed: a service's error message must not steer the terminal."""
        content = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in content)
        if not self._encoding.lower().startswith("utf"):
            content = (
                content.translate(_ASCII).encode(self._encoding, "backslashreplace").decode(self._encoding)
            )
        return Text(content, style)

    def line(self, content: str = "", style: str = "") -> None:
        """Print a line, wrapped at spaces."""
        self._console.print(self.text(content, style))

    def unwrapped(self, *parts: Text) -> None:
        """Print one line as it is, however long, so that a path in it can be copied."""
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def item(self, label: str, content: str, style: str = "") -> None:
        """Print a labelled line whose continuation is indented under its content."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(min_width=10, no_wrap=True, overflow="fold")
        grid.add_column(overflow="fold")
        grid.add_row(self.text(label, style or "dim"), self.text(content))
        self._console.print(grid)

    def block(self, table: Table | None) -> None:
        """Print a table below an empty line; nothing when there is none."""
        if table is not None:
            self.line()
            self._console.print(table)

    def table(self, columns: Iterable[str], right_aligned: Iterable[str] = ()) -> Table:
        """Return an empty table without lines."""
        table = Table(
            box=None, pad_edge=False, padding=(0, 1 if self.narrow else 2, 0, 0), header_style="bold"
        )
        right = set(right_aligned)
        for name in columns:
            header = self.text(name)
            if name in right:
                table.add_column(header, justify="right", no_wrap=True, overflow="fold")
            else:
                table.add_column(header, overflow="fold", vertical="top")
        return table
