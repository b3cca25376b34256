"""From journal entries to the record: the same fold whether the run is alive, finished or was killed."""

import math
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from loadstone.analysis.measures import MeasureLedger, Reading, by_family, read
from loadstone.analysis.notes import fill
from loadstone.analysis.remarks import Remarks
from loadstone.analysis.summaries import (
    Scope,
    Tally,
    encoded_histograms,
    lag_quantiles,
    latency_quantiles,
    merge_endpoints,
    summarise,
    summarise_all,
    whole_latency,
)
from loadstone.analysis.timeline import Step, TimelineLedger
from loadstone.analysis.validity import bound_warnings, invalid_reasons, lateness_warnings
from loadstone.analysis.workers import WorkerLedger
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Checked, End, Entry, Header, Load, Remark, Scraped
from loadstone.records.load import EndpointState, LoadMessage, Row
from loadstone.records.measure import Scrape
from loadstone.records.run import ArrivalsSummary, CheckResult, EndpointSummary, Quantiles, Run, Timeline

NEWEST_SECONDS = 5  # whose rows are kept for the progress line
STEADY_ARRIVALS = ("constant", "poisson")  # the plans that are told their rate


class Ledger:
    """Adds up the entries of one run's journal; `run()` may be asked at any time.

    Its memory depends on the endpoints and the width of their histograms, not on requests or seconds.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.workers: dict[int, WorkerLedger] = {}
        self.started_at_s: float | None = None
        self.covered_s = 0.0
        self.planned_s: float | None = None
        self.end: End | None = None
        self._parts = self._warm_up, self._measured, self._afterwards = Tally(), Tally(), Tally()
        self._session_endpoints: dict[str, EndpointState] = {}
        self._newest_rows: deque[Row] = deque()
        self._timeline = TimelineLedger(header.measures)
        self._measures = MeasureLedger(header.measures)
        self._reading: Reading | None = None
        self._checks: dict[str, CheckResult] = {}
        self._flaws = Remarks()
        self._doubts = Remarks()
        self._recorder_errors = Remarks()

    def add(self, entry: Entry) -> None:
        """Take one more entry into account."""
        match entry:
            case Load():
                self._add_message(entry.message)
            case Scraped():
                self._add_scrape(entry.scrape)
            case Checked():
                self._checks = entry.checks
            case Remark():
                (self._flaws if entry.invalidates else self._doubts).add(entry.text)
            case End():
                self.end = entry

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

    @property
    def final(self) -> bool:
        """Whether a worker has said its last word, or is known to be lost."""
        return any(worker.finished or worker.lost_because is not None for worker in self.workers.values())

    @property
    def totals(self) -> Tally:
        """Everything since the load began, warm-up included."""
        totals = Tally()
        for part in self._parts:
            totals.add(part)
        return totals

    def workers_elsewhere(self, boot_id: str) -> list[str]:
        """Return the names of workers on machines other than the one of this boot id."""
        return [worker.name for worker in self.workers.values() if worker.boot_id not in ("", boot_id)]

    def newest(self) -> dict[str, float | None]:
        """Return the timeline's entries of the last second that every worker has told of."""
        second = int(self.covered_s) - (2 if len(self.workers) > 1 else 1)
        step = Step()
        for row in self._newest_rows:
            if row.second == second:
                step.add(row)
        return step.columns({})

    def patterns(self) -> dict[str, dict[str, Any]]:
        """Return the record's `patterns`: the measures since the end of the warm-up, by family."""
        return by_family(self._measures.values())

    def run(self) -> Run:
        """Return the record of what is known so far; partial until the run has ended by itself."""
        header = self.header
        requests = self._measured.all_requests
        reasons = self._invalid_reasons(requests)
        scope = Scope(self.measured_s, self._unanswered_share(), valid=not reasons)
        patterns = self.patterns()
        return Run(
            id=header.id,
            started_at=header.started_at,
            command=header.command,
            configuration=header.configuration,
            scenario=header.scenario,
            seed=header.seed,
            workload=header.workload,
            users=header.users,
            workers=self._worker_names(),
            partial=self.end is None or self.end.interrupted,
            valid=scope.valid,
            invalid_reasons=reasons,
            warnings=self._warnings(requests, scope),
            duration_s=header.duration_s,
            warm_up_s=header.warm_up_s,
            drain_s=header.drain_s,
            measured_s=self.measured_s,
            arrivals=self._arrivals(scope),
            endpoints=summarise_all(self._measured.endpoints, scope),
            total=self._total(requests, scope),
            session_endpoints=summarise_all(self._session_endpoints, Scope(valid=scope.valid)),
            patterns=patterns,
            pattern_notes=_notes(header.notes, patterns),
            checks=self._checks,
            timeline=self._timeline_of(scope),
            environment=self._environment(),
            histograms={name: encoded_histograms(s) for name, s in self._measured.endpoints.items()},
        )

    def _add_message(self, message: LoadMessage) -> None:
        worker = self.workers.setdefault(message.worker, WorkerLedger(message.worker))
        worker.hear(message)
        if message.kind == "lost":
            return
        self._add_words(message)
        merge_endpoints(self._session_endpoints, message.session_endpoints)
        if message.kind == "started":
            self.started_at_s = message.at_s if self.started_at_s is None else self.started_at_s
        elif self.started_at_s is not None:
            self.covered_s = max(self.covered_s, message.at_s - self.started_at_s)
            self._add_rows(message.rows)
            self._judge(worker, message)

    def _add_words(self, message: LoadMessage) -> None:
        for error in message.recorder_errors:
            self._recorder_errors.add(error)
        for warning in message.warnings:
            self._doubts.add(warning)
        if message.planned_s is not None:
            self.planned_s = max(self.planned_s or 0.0, message.planned_s)

    def _add_rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._part_of_plan(row.second).add(row)
            self._timeline.at(row.second).add(row)
            self._newest_rows.append(row)
        while self._newest_rows and self._newest_rows[0].second < self.covered_s - NEWEST_SECONDS:
            self._newest_rows.popleft()

    def _judge(self, worker: WorkerLedger, message: LoadMessage) -> None:
        """Note how fit the worker was in the second that it tells of, warm-up and drain apart."""
        second = max(0, int(self.covered_s) - 1)
        measured = [row for row in message.rows if self._part_of_plan(row.second) is self._measured]
        worker.judge_lags(measured)
        if message.kind == "final":  # of a moment, not a second
            return
        if self._part_of_plan(second) is self._measured:
            worker.judge_cpu(message.cpu_share)
        in_flight = sum(known.in_flight for known in self.workers.values())
        self._timeline.at(second).see(in_flight, message.cpu_share)

    def _part_of_plan(self, second: int) -> Tally:
        if second < self.first_second:
            return self._warm_up
        if second < self.header.warm_up_s + self.header.duration_s:
            return self._measured
        return self._afterwards

    def _add_scrape(self, scrape: Scrape) -> None:
        if self.started_at_s is None:
            return
        before, self._reading = self._reading, read(self.header.measures, scrape)
        at_s = scrape.at_s - self.started_at_s
        if at_s >= self.first_second:
            self._measures.add(self._reading)
        second = round(at_s) - 1
        if before is not None and 0 <= second <= self.covered_s:
            self._timeline.at(second).measure(self.header.measures, before, self._reading)

    def _arrivals(self, scope: Scope) -> ArrivalsSummary:
        measured = self._measured
        closed = self.header.workload == "closed"
        return ArrivalsSummary(
            kind="closed" if closed else self.header.arrivals,
            rate=self._rate(),
            planned=measured.planned,
            sent=measured.sent,
            completed=measured.completed,
            dropped=measured.dropped,
            unfinished=measured.sent - measured.completed,
            wake_lag_s=lag_quantiles(measured.wake_lag),
            queue_lag_s=lag_quantiles(measured.queue_lag),
            canary_lag_s=lag_quantiles(measured.canary_lag),
            latency_s=self._censored(latency_quantiles(measured.whole, scope)),
        )

    def _rate(self) -> float:
        """Return the arrivals per second that were asked for; where they varied, the mean of the plan."""
        header = self.header
        steady = header.workload == "open" and header.arrivals in STEADY_ARRIVALS
        if steady or not self.measured_s:
            return header.rate
        return self._measured.planned / self.measured_s

    def _unanswered_share(self) -> float:
        measured = self._measured
        unanswered = measured.dropped + measured.sent - measured.completed
        return unanswered / measured.planned if measured.planned else 0.0

    def _total(self, requests: EndpointState, scope: Scope) -> EndpointSummary:
        total = summarise(requests, scope)
        total.latency_s = self._censored(total.latency_s)
        return total

    def _censored(self, latency_s: Quantiles) -> Quantiles:
        """Let a maximum that is told be no shorter than what the unfinished had waited already."""
        if latency_s.max is None:
            return latency_s
        oldest_s = max((worker.oldest_unfinished_s for worker in self.workers.values()), default=0.0)
        return msgspec.structs.replace(latency_s, max=max(latency_s.max, oldest_s))

    def _environment(self) -> dict[str, Any]:
        """What the machine was, and what it went through during the run."""
        during = {"during_the_run": self.end.disturbance} if self.end and self.end.disturbance else {}
        return {**self.header.environment, **during}

    def _worker_names(self) -> list[str]:
        workers = [self.workers[number].name for number in sorted(self.workers)]
        return workers if len(workers) > 1 else []

    def _invalid_reasons(self, requests: EndpointState) -> list[str]:
        reasons = invalid_reasons(
            list(self.workers.values()),
            typical_latency_s=whole_latency(requests).reportable_quantile_s(0.5),
            recorder_errors=self._recorder_errors,
            ended=self.end is not None,
        )
        return [*reasons, *self._flaws]

    def _warnings(self, requests: EndpointState, scope: Scope) -> list[str]:
        warnings = [*self._doubts, *bound_warnings(self._measured)]
        if scope.valid:
            warnings += lateness_warnings(self._measured, whole_latency(requests))
        for name in self.header.measures:
            if name in self._measures.fell_back:
                warnings.append(f"{name} is partial: a process restarted and its counter began anew.")
        if beyond := sum(part.clamped_latencies for part in self._parts):
            warnings.append(f"{beyond} latencies were beyond 60 s and stand as 60 s.")
        return warnings

    def _timeline_of(self, scope: Scope) -> Timeline:
        timeline = self._timeline.timeline(self.header.warm_up_s)
        if not scope.valid:
            timeline.columns = {
                name: values for name, values in timeline.columns.items() if not name.startswith("latency_s.")
            }
        return timeline


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
