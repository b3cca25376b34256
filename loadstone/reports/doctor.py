"""The doctor's findings on a terminal."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from loadstone.records.finding import BAD, OK, WARN, Finding
from loadstone.reports.page import Page

STYLES = {OK: "green", WARN: "yellow", BAD: "bold red"}


def render_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print every finding, what to do about those that are not well, and a last line of counts."""
    page = Page(console)
    table = page.table(["", "what", "seen"])
    for finding in findings:
        style = STYLES[finding.status]
        table.add_row(page.text(finding.status, style), page.text(finding.name), page.text(finding.seen))
        if finding.remedy:
            table.add_row("", "", page.text(finding.remedy, "dim"))
    page.block(table)
    page.line()
    page.line(summary(findings), "bold")


def summary(findings: Sequence[Finding]) -> str:
    """Return in one sentence whether this machine is fit to measure."""
    counts = Counter(finding.status for finding in findings)
    if counts[BAD]:
        return f"Nothing can be measured here: {counts[BAD]} of {len(findings)} findings are bad."
    if counts[WARN]:
        return f"Usable; {counts[WARN]} of {len(findings)} findings may disturb a measurement."
    return "Fit to measure."
