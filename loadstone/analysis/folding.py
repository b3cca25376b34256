"""From journal entries to the record: the same fold whether the run is alive, finished or was killed."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from loadstone.analysis.measures import by_family, evaluate, went_backwards
from loadstone.analysis.notes import fill
from loadstone.analysis.summaries import (
    SecondLedger,
    encoded_histograms,
    lag_quantiles,
    merge_endpoint,
    summarise,
    whole_latency,
)
from loadstone.analysis.validity import invalid_reasons
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Checked, End, Entry, Header, Load, Remark, Scraped
from loadstone.records.load import EndpointState, LoadMessage
from loadstone.records.run import ArrivalsSummary, CheckResult, EndpointSummary, Run, Timeline


class Ledger:
    """Adds up the entries of one run's journal; `run()` may be asked at any time."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.seconds: dict[int, SecondLedger] = defaultdict(SecondLedger)
        self.totals = SecondLedger()  # warm-up included
        self.final: dict[int, LoadMessage] = {}
        self.workers: set[int] = set()
        self.started_at_s: float | None = None
        self.covered_s = 0.0
        self.lost_messages = 0
        self.planned_s: float | None = None
        self.recorder_errors: list[str] = []
        self.load_warnings: list[str] = []
        self.remarks: list[Remark] = []
        self.scrapes: list[Scraped] = []
        self.checks: dict[str, CheckResult] = {}
        self.end: End | None = None
        self._next_sequence: dict[int, int] = defaultdict(int)

    def add(self, entry: Entry) -> None:
        """Take one more entry into account."""
        match entry:
            case Load():
                self._add_message(entry.message)
            case Scraped():
                self.scrapes.append(entry)
            case Checked():
                self.checks = entry.checks
            case Remark():
                self.remarks.append(entry)
            case End():
                self.end = entry
            case Header():
                self.header = entry

    @property
    def first_second(self) -> int:
        """The first whole second after the warm-up."""
        return math.ceil(self.header.warm_up_s)

    @property
    def plan_end_s(self) -> float:
        """When planning ends, or ended: seconds from the start of the plan."""
        whole_s = self.header.warm_up_s + self.header.duration_s
        return whole_s if self.planned_s is None else min(whole_s, self.planned_s)

    @property
    def measured_s(self) -> float:
        """Seconds after the warm-up that the numbers cover; requests of the drain are left out."""
        return max(0.0, min(self.covered_s, self.plan_end_s) - self.first_second)

    def run(self) -> Run:
        """Return the record of what is known so far; partial until the run has ended by itself."""
        header = self.header
        arrivals = self._arrivals()
        unanswered = (arrivals.dropped + arrivals.unfinished) / arrivals.planned if arrivals.planned else 0.0
        endpoints = self._endpoints()
        whole = EndpointState()
        for state in endpoints.values():
            merge_endpoint(whole, state)
        patterns = self.patterns()
        total = summarise(whole, self.measured_s, unanswered)
        self._censor(total)
        reasons = self._invalid_reasons(total)
        return Run(
            id=header.id,
            started_at=header.started_at,
            command=header.command,
            configuration=header.configuration,
            scenario=header.scenario,
            seed=header.seed,
            workload=header.workload,
            partial=self.end is None or self.end.interrupted,
            valid=not reasons,
            invalid_reasons=reasons,
            warnings=self._warnings(),
            duration_s=header.duration_s,
            warm_up_s=header.warm_up_s,
            drain_s=header.drain_s,
            measured_s=self.measured_s,
            arrivals=arrivals,
            endpoints={
                name: summarise(endpoints[name], self.measured_s, unanswered) for name in sorted(endpoints)
            },
            total=total,
            session_endpoints=self._session_endpoints(),
            patterns=patterns,
            pattern_notes=_notes(header.notes, patterns),
            checks=self.checks,
            timeline=self._timeline(),
            environment=header.environment,
            histograms={name: encoded_histograms(state) for name, state in endpoints.items()},
        )

    def _censor(self, total: EndpointSummary) -> None:
        """Let the maximum be no shorter than what the unfinished had waited already."""
        ages_s = [age_s for message in self.final.values() for age_s in message.unfinished_ages_s]
        if ages_s:
            total.latency_s.max = max(total.latency_s.max or 0.0, *ages_s)

    def patterns(self) -> dict[str, dict[str, Any]]:
        """Return the record's `patterns`: the measures since the end of the warm-up, by family."""
        return by_family(evaluate(self.header.measures, [s.scrape for s in self._measured_scrapes()]))

    def _add_message(self, message: LoadMessage) -> None:
        self.workers.add(message.worker)
        self.recorder_errors += message.recorder_errors
        self.load_warnings += message.warnings
        expected = self._next_sequence[message.worker]
        self.lost_messages += max(0, message.sequence - expected)
        self._next_sequence[message.worker] = message.sequence + 1
        if message.kind == "started":
            self.started_at_s = message.at_s
            return
        if self.started_at_s is not None:
            self.covered_s = max(self.covered_s, message.at_s - self.started_at_s)
        for row in message.rows:
            self.seconds[row.second].add(row)
            self.totals.add(row)
        if message.kind == "final":
            self.final[message.worker] = message
            self.planned_s = message.planned_s
            return
        newest = self.seconds[max(0, int(self.covered_s) - 1)]
        newest.in_flight += message.in_flight
        newest.cpu_share = max(newest.cpu_share, message.cpu_share)

    def _measured(self) -> list[SecondLedger]:
        seconds = range(self.first_second, math.ceil(self.plan_end_s))
        return [self.seconds[second] for second in seconds if second in self.seconds]

    def _arrivals(self) -> ArrivalsSummary:
        rows = self._measured()
        sent, completed = (sum(getattr(row, name) for row in rows) for name in ("sent", "completed"))
        return ArrivalsSummary(
            kind=self.header.arrivals,
            rate=self.header.rate,
            planned=sum(row.planned for row in rows),
            sent=sent,
            completed=completed,
            dropped=sum(row.dropped for row in rows),
            unfinished=sent - completed,
            wake_lag_s=lag_quantiles(row.wake_lag for row in rows),
            queue_lag_s=lag_quantiles(row.queue_lag for row in rows),
        )

    def _endpoints(self) -> dict[str, EndpointState]:
        endpoints: dict[str, EndpointState] = defaultdict(EndpointState)
        for row in self._measured():
            for name, state in row.endpoints.items():
                merge_endpoint(endpoints[name], state)
        return dict(endpoints)

    def _session_endpoints(self) -> dict[str, EndpointSummary]:
        merged: dict[str, EndpointState] = defaultdict(EndpointState)
        for message in self.final.values():
            for name, state in message.session_endpoints.items():
                merge_endpoint(merged[name], state)
        return {name: summarise(state, 0.0, 0.0) for name, state in sorted(merged.items())}

    def _measured_scrapes(self) -> list[Scraped]:
        """The scrapes from the end of the warm-up on."""
        if self.started_at_s is None:
            return []
        begin_s = self.started_at_s + self.first_second
        return [scraped for scraped in self.scrapes if scraped.scrape.at_s >= begin_s]

    def _invalid_reasons(self, total: EndpointSummary) -> list[str]:
        measured = [row for row in self._measured() if row.planned]
        return [remark.text for remark in self.remarks if remark.invalidates] + invalid_reasons(
            wake_lags=[row.wake_lag for row in measured],
            typical_latency_s=total.latency_s.p50,
            cpu_shares=[row.cpu_share for row in measured],
            lost_messages=self.lost_messages,
            recorder_errors=self.recorder_errors,
            lost_workers=sorted(self.workers - set(self.final)) if self.end else [],
        )

    def _warnings(self) -> list[str]:
        warnings = [remark.text for remark in self.remarks if not remark.invalidates] + self.load_warnings
        scrapes = [scraped.scrape for scraped in self._measured_scrapes()]
        for name in went_backwards(scrapes, self.header.measures):
            warnings.append(f"{name} is partial: a process restarted and its counter began anew.")
        if beyond := sum(whole_latency(state).clamped_high for state in self.totals.endpoints.values()):
            warnings.append(f"{beyond} latencies were beyond 60 s and stand as 60 s.")
        return list(dict.fromkeys(warnings))

    def _timeline(self) -> Timeline:
        if not self.seconds:
            return Timeline()
        seconds = range(max(self.seconds) + 1)
        columns: dict[str, list[float | None]] = {"t_s": [s - self.header.warm_up_s for s in seconds]}
        rows = [self.seconds.get(second, SecondLedger()).columns() for second in seconds]
        for name in rows[0]:
            columns[name] = [row[name] for row in rows]
        columns.update(self._measure_columns(len(rows)))
        return Timeline(columns)

    def _measure_columns(self, length: int) -> dict[str, list[float | None]]:
        """Every scalar measure second by second, each between two scrapes."""
        columns: dict[str, list[float | None]] = {}
        for before, after in itertools.pairwise(self.scrapes):
            second = round(after.scrape.at_s - (self.started_at_s or 0.0)) - 1
            if not 0 <= second < length or self.started_at_s is None:
                continue
            for name, value in evaluate(self.header.measures, [before.scrape, after.scrape]).items():
                if isinstance(value, float):
                    columns.setdefault(name, [None] * length)[second] = value
        return columns


def fold(entries: Iterable[Entry]) -> Run:
    """Return the record of a journal's entries; raises LoadstoneError when there is no header."""
    iterator = iter(entries)
    header = next(iterator, None)
    if not isinstance(header, Header):
        raise LoadstoneError(
            "the journal has no header.", "The run was killed before it began; run it again."
        )
    ledger = Ledger(header)
    for entry in iterator:
        ledger.add(entry)
    return ledger.run()


def _notes(formats: dict[str, str], patterns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return each family's line; none for a family that did nothing in this run."""
    busy = [family for family in formats if any(patterns.get(family, {}).values())]
    return {family: fill(formats[family], patterns[family]) for family in busy}
