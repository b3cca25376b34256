"""Renderers: each turns the numbers of a record into one format and computes none of its own."""

from collections.abc import Callable
from io import StringIO

from loadstone.records.run import Run

TEXT_COLUMNS = 120


def _html(run: Run) -> str:
    from loadstone.reports.html import render_html  # here, because a run needs no templates until its end

    return render_html(run)


def _text(run: Run) -> str:
    from rich.console import Console

    from loadstone.reports.terminal import render_terminal

    page = StringIO()
    render_terminal(run, Console(file=page, width=TEXT_COLUMNS, color_system=None))
    return page.getvalue()


FORMATS: dict[str, Callable[[Run], str]] = {"html": _html, "text": _text}
"""What `loadstone report` can write, by name: a function from the record to the file's text."""
