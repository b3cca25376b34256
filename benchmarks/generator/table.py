"""The results as a table in Markdown, and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import msgspec

from benchmarks.generator.rounds import ClosedResult, OpenResult
from benchmarks.generator.subjects import BASELINE, SUBJECTS
from loadstone.reports.units import count_text, seconds_text


@dataclass(frozen=True)
class Measured:
    """Everything that was measured, and how."""

    server: str
    cores_shared: bool
    connections: int
    seconds: float
    seed: int
    open_rate: float
    machine: Mapping[str, Any]
    closed: Mapping[str, Sequence[ClosedResult]]  # subject → a result a round
    open: Mapping[str, Sequence[OpenResult]]  # client → a result a round

    @property
    def rounds(self) -> int:
        """How often each subject ran."""
        return len(next(iter(self.closed.values())))


def ratios(measured: Measured, name: str) -> list[float]:
    """Return a subject's rate over the baseline's of the same round; empty without a baseline."""
    baseline = measured.closed.get(BASELINE, [])
    pairs = zip(measured.closed[name], baseline, strict=False)
    return [result.rate / base.rate for result, base in pairs]


def json_text(measured: Measured) -> str:
    """Return every round's results, the medians, and what they were measured on."""
    medians = {
        name: {
            "rate": median(result.rate for result in results),
            "cpu_s_per_request": median(result.cpu_s_per_request for result in results),
            "ratio": median(ratios(measured, name)) if BASELINE in measured.closed else None,
        }
        for name, results in measured.closed.items()
    }
    return msgspec.json.format(
        msgspec.json.encode({**asdict(measured), "medians": medians}), indent=1
    ).decode()


def markdown(measured: Measured) -> str:
    """Return the two tables with a sentence of method before each; the quickest subject first."""
    return "\n".join([*_closed_lines(measured), "", *_open_lines(measured), ""])


def _closed_lines(measured: Measured) -> list[str]:
    by_rate = sorted(
        measured.closed, key=lambda name: median(r.rate for r in measured.closed[name]), reverse=True
    )
    return [
        f"Closed loop, {measured.connections} connections, one generator core, against {measured.server}"
        f" {_placing(measured)}; medians (and range) of {measured.rounds} rounds of {measured.seconds:g} s in"
        " random order.",
        "",
        "| generator | requests/s | × Locust FastHttpUser | CPU per request |",
        "|---|---:|---:|---:|",
        *(_closed_row(measured, name) for name in by_rate),
    ]


def _closed_row(measured: Measured, name: str) -> str:
    titles = {subject.name: subject.title for subject in SUBJECTS}
    rates = [result.rate for result in measured.closed[name]]
    ratio = ratios(measured, name)
    cells = [
        titles[name],
        f"{count_text(median(rates))} ({count_text(min(rates))}–{count_text(max(rates))})",
        f"{median(ratio):.2f}" if ratio else "–",
        seconds_text(median(result.cpu_s_per_request for result in measured.closed[name])),
    ]
    return f"| {' | '.join(cells)} |"


def _open_lines(measured: Measured) -> list[str]:
    if not measured.open:
        return []
    return [
        f"Open, {count_text(measured.open_rate)} arrivals per second by Loadstone on the same two; medians.",
        "",
        "| client | arrivals/s | CPU per arrival | wake lag p99 | latency p99 | dropped |",
        "|---|---:|---:|---:|---:|---:|",
        *(_open_row(client, results) for client, results in measured.open.items()),
    ]


def _open_row(client: str, results: Sequence[OpenResult]) -> str:
    cells = [
        client,
        count_text(median(result.rate for result in results)),
        seconds_text(median(result.cpu_s_per_request for result in results)),
        seconds_text(median(result.wake_lag_p99_s or 0.0 for result in results)),
        seconds_text(median(result.latency_p99_s or 0.0 for result in results)),
        count_text(median(result.dropped for result in results)),
    ]
    return f"| {' | '.join(cells)} |"


def _placing(measured: Measured) -> str:
    return "on the same core" if measured.cores_shared else "on a core of its own"
