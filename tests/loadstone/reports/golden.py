"""Golden files of the terminal; `python -m tests.loadstone.reports.golden` writes them anew."""

from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

from rich.console import Console

from loadstone.records.run import Run
from loadstone.reports.terminal import render_terminal
from tests.loadstone.reports import sample

FOLDER = Path(__file__).parent / "golden"
REPORT = Path("results/20261124-101500-mixed-1/report.html")
CASES = {
    "passing-80": (sample.passing_run, 80),
    "passing-120": (sample.passing_run, 120),
    "failing-80": (sample.failing_run, 80),
    "failing-120": (sample.failing_run, 120),
    "partial-80": (sample.partial_run, 80),
    "closed-80": (sample.closed_run, 80),
    "invalid-120": (sample.invalid_run, 120),
    "empty-80": (sample.empty_run, 80),
}


def rendered(run: Run, width: int) -> str:
    """Return what a pipe of that width gets, without the blanks at line ends."""
    page = StringIO()
    render_terminal(run, Console(file=page, width=width), REPORT)
    return "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines())


def rendered_in(encoding: str, run: Run, width: int) -> str:
    """Return what a terminal of another encoding gets."""
    raw = BytesIO()
    page = TextIOWrapper(raw, encoding=encoding)
    render_terminal(run, Console(file=page, width=width), REPORT)
    page.flush()
    return raw.getvalue().decode(encoding)


if __name__ == "__main__":
    for name, (make, width) in CASES.items():
        (FOLDER / f"{name}.txt").write_text(rendered(make(), width), "utf-8")
