"""The result on a terminal: tables first, what is wrong after them, the verdict last."""

from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadstone.records.run import CheckResult, EndpointSummary, Run
from loadstone.reports import sentences
from loadstone.reports.page import Page
from loadstone.reports.units import count_text, plain_text, quantile_text, rate_text

QUANTILES = {"p50": "p50", "p95": "p95", "p99": "p99", "p999": "p99.9", "max": "max"}
VERDICT_STYLES = {
    "PASS": "bold black on green",
    "FAIL": "bold white on red",
    "INVALID": "bold white on red",
    "PARTIAL": "bold black on yellow",
}
EXAMPLES_SHOWN = 3


def render_terminal(run: Run, console: Console, report_path: Path | None = None) -> None:
    """Print the run. Colour only repeats what a word says; without UTF-8 the text is ASCII."""
    page = Page(console)
    page.line(" · ".join(["Loadstone", *sentences.headline_parts(run)]), "bold")
    if remark := sentences.closed_remark(run):
        page.line(remark)
    page.block(_endpoints(page, run))
    _print_arrivals(page, run)
    _print_errors(page, run)
    page.block(_patterns(page, run))
    page.block(_checks(page, run))
    for name in run.failed_checks:
        _print_failure(page, name, run.checks[name])
    _print_objectives(page, run)
    _print_notes(page, run)
    _print_verdict(page, run, report_path)


def _endpoints(page: Page, run: Run) -> Table:
    closed = sentences.closed_text(run)
    quantiles = [f"{title}\nclosed" if closed else title for title in QUANTILES.values()]
    numbers = ["requests", "/s", *quantiles, "errors"]
    table = page.table(["endpoint", *numbers], right_aligned=numbers)
    for name, endpoint in run.endpoints.items():
        table.add_row(*_endpoint_cells(page, name, endpoint))
    if len(run.endpoints) != 1:
        table.add_row(*_endpoint_cells(page, "all", run.total, "bold"))
    return table


def _endpoint_cells(page: Page, name: str, endpoint: EndpointSummary, style: str = "") -> list[Text]:
    quantiles = [quantile_text(endpoint.latency_s, quantile) for quantile in QUANTILES]
    cells = [name, count_text(endpoint.requests), rate_text(endpoint.rate), *quantiles]
    errors = page.text(count_text(endpoint.errors), "bold red" if endpoint.errors else style)
    return [*(page.text(cell, style) for cell in cells), errors]


def _print_arrivals(page: Page, run: Run) -> None:
    page.line()
    page.item("arrivals", sentences.arrivals_text(run))
    for name, lag in sentences.lag_lines(run):
        page.item(name, lag)
    _print_times(page, run)
    if run.workers:
        page.item("workers", ", ".join(run.workers))


def _print_times(page: Page, run: Run) -> None:
    if withheld := sentences.withheld_text(run):
        page.item("latency", withheld, "bold red")
        return
    closed = f" ({text})" if (text := sentences.closed_text(run)) else ""
    if service := sentences.quantiles_text(run.total.service_time_s):
        page.item("service", f"time from the send{closed}: {service}")
    if whole := sentences.quantiles_text(run.arrivals.latency_s):
        page.item("tasks", f"whole, from the planned start: {whole}")
    if parts := sentences.server_timing_text(run):
        page.item("server", f"says it spent{closed}: {parts}")


def _print_errors(page: Page, run: Run) -> None:
    failing = {
        name: endpoint.error_messages for name, endpoint in run.endpoints.items() if endpoint.error_messages
    }
    if not failing:
        return
    page.line()
    for name, messages in failing.items():
        page.line(f"errors of {name}", "bold")
        for message, count in sentences.most_common(messages, EXAMPLES_SHOWN):
            page.item(count_text(count), message)
        if len(messages) > EXAMPLES_SHOWN:
            page.item("", f"and {len(messages) - EXAMPLES_SHOWN} more kinds in the report")


def _patterns(page: Page, run: Run) -> Table | None:
    families = sentences.families(run)
    if not families:
        return None
    table = page.table(["pattern", "strategy", "what it did"])
    for family in families:
        cells = family, run.configuration.strategies.get(family, "–"), run.pattern_notes.get(family, "–")
        table.add_row(*(page.text(cell) for cell in cells))
    return table


def _checks(page: Page, run: Run) -> Table | None:
    if not run.checks:
        return None
    table = page.table(["check", "", "found"])
    for name, check in run.checks.items():
        word, style = ("ok", "green") if check.passed else ("FAIL", VERDICT_STYLES["FAIL"])
        table.add_row(
            page.text(name),
            page.text(word, style),
            page.text(_found_text(check), "" if check.passed else "bold"),
        )
    return table


def _found_text(check: CheckResult) -> str:
    found = sentences.check_text(check)
    return found if check.floor_met else f"{found}; floor missed"


def _print_failure(page: Page, name: str, check: CheckResult) -> None:
    page.line()
    page.line(f"FAIL {name}: {_found_text(check)}", "bold red")
    if check.promise:
        page.item("promise", check.promise)
    if not check.floor_met:
        page.item("floor", check.floor or "the system no longer did its work")
    if kinds := sentences.breakdown_text(check):
        page.item("kinds", kinds)
    if check.conviction:
        page.item("why", check.conviction)
    for example in islice(check.examples, EXAMPLES_SHOWN):
        page.item("example", plain_text(example))
    if len(check.examples) > EXAMPLES_SHOWN:
        page.item("", f"and {len(check.examples) - EXAMPLES_SHOWN} more in the report")


def _print_objectives(page: Page, run: Run) -> None:
    if not run.objectives:
        return
    page.line()
    for objective in run.objectives:
        passed = objective.get("passed", True)
        word, style = ("met", "green") if passed else ("MISSED", "bold red")
        measured = plain_text(objective.get("value"))
        page.item(word, f"{objective['expression']} (measured {measured})", style)


def _print_notes(page: Page, run: Run) -> None:
    notes = [("INVALID", reason, "bold red") for reason in run.invalid_reasons]
    notes += [(f"note {number}", warning, "") for number, warning in enumerate(run.warnings, start=1)]
    if notes:
        page.line()
    for label, content, style in notes:
        page.item(label, content, style)


def _print_verdict(page: Page, run: Run, report_path: Path | None) -> None:
    page.line()
    if run.partial:
        page.line(f"PARTIAL: {sentences.partial_text(run)}", VERDICT_STYLES["PARTIAL"])
    if run.verdict != "PARTIAL":
        page.line(sentences.verdict_text(run))
    report = f"  report: {report_path}" if report_path else ""
    page.unwrapped(page.text(run.verdict, VERDICT_STYLES[run.verdict]), page.text(report))
