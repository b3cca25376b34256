from io import StringIO

import pytest
from rich.console import Console

from loadstone.records.finding import BAD, WARN, Finding
from loadstone.reports.doctor import render_findings, summary

FINE = Finding("processors", "a processor, 8 cores")
DOUBTFUL = Finding("swap", "12 MB used", WARN, "Switch it off.")
BROKEN = Finding("versions", "Python 3.12.1", BAD, "Install locust.")
PAGE = """
      what        seen
ok    processors  a processor, 8 cores
warn  swap        12 MB used
                  Switch it off.
bad   versions    Python 3.12.1
                  Install locust.

Nothing can be measured here: 1 of 3 findings are bad.
"""


def test_every_finding_is_a_line_and_a_remedy_one_below_it() -> None:
    page = StringIO()
    render_findings([FINE, DOUBTFUL, BROKEN], Console(file=page, width=100))
    assert "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines()) == PAGE


@pytest.mark.parametrize("width", [60, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    page = StringIO()
    long = Finding("a rather long name of a thing", "seen " * 40, WARN, "remedy " * 40)
    render_findings([long], Console(file=page, width=width))
    assert max(map(len, page.getvalue().splitlines())) <= width


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        ([FINE], "Fit to measure."),
        ([FINE, DOUBTFUL], "Usable; 1 of 2 findings may disturb a measurement."),
        ([DOUBTFUL, BROKEN], "Nothing can be measured here: 1 of 2 findings are bad."),
    ],
)
def test_the_last_line_says_whether_the_machine_is_fit(findings: list[Finding], sentence: str) -> None:
    assert summary(findings) == sentence
