"""From requests and arrivals to the rows of a message: constant time each, constant memory."""

import math
import time

from loadstone.load.arrival import Arrival
from loadstone.load.server_timing import NAME_LIMIT
from loadstone.records.histogram import HistogramState
from loadstone.records.load import EndpointState, OutcomeState, Row

ENDPOINT_LIMIT = 500
ERROR_LIMIT = 20  # different texts, of one endpoint in one second
TEXT_LIMIT = 200  # characters
OTHER_ENDPOINTS = "(endpoints beyond the first 500)"
OTHER_ERRORS = "(other errors)"


class Notes:
    """Sentences that occurred, each once with its count; a bounded number of different ones."""

    LIMIT = 50

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, text: str) -> None:
        """Count one occurrence."""
        text = encodable(text[:TEXT_LIMIT])
        known = text in self._counts or len(self._counts) < self.LIMIT
        text = text if known else "(others)"
        self._counts[text] = self._counts.get(text, 0) + 1

    def take(self) -> list[str]:
        """Return what came since the last call, counts in brackets, and forget it."""
        taken, self._counts = self._counts, {}
        return [text if count == 1 else f"{text} ({count} times)" for text, count in taken.items()]


class Recorder:
    """Adds up what happened, by the second of the plan in which it was meant to happen.

    `plan_start_s` is infinite until the plan is announced. `close` ends the plan: what comes of it later is
    unfinished, and was reported as such.

    In a closed workload there are no arrivals: a request sent once the plan has begun counts as one that
    was due when it was sent.
    """

    def __init__(self, closed: bool = False) -> None:
        self.plan_start_s = math.inf
        self.errors = Notes()
        self.warnings = Notes()
        self._closed_workload = closed
        self._end_s = math.inf  # when `close` was called
        self._rows: dict[int, Row] = {}
        self._session_endpoints: dict[str, EndpointState] = {}
        self._server_timing_names: dict[str, set[str]] = {}  # of every endpoint known

    def planned(self, arrival: Arrival, wake_s: float) -> None:
        """Count an arrival that is due; `wake_s` is when the scheduler saw it."""
        row = self._row(arrival.intended_s)
        row.planned += 1
        row.wake_lag.record(wake_s - arrival.intended_s)

    def dropped(self, arrival: Arrival) -> None:
        """Count an arrival that found no idle user."""
        self._row(arrival.intended_s).dropped += 1

    def sent(self, arrival: Arrival) -> None:
        """Count an arrival that found a user."""
        self._row(arrival.intended_s).sent += 1

    def taken(self, arrival: Arrival) -> None:
        """Count the wait between finding a user and that user's beginning."""
        self._row(arrival.intended_s).queue_lag.record(arrival.taken_s - arrival.sent_s)

    def completed(self, arrival: Arrival) -> None:
        """Count an arrival whose task has ended, however it ended."""
        if self._end_s == math.inf:
            row = self._row(arrival.intended_s)
            row.completed += 1
            row.whole.record(time.monotonic() - arrival.intended_s)

    def canary(self, lag_s: float, at_s: float) -> None:
        """Count how late a greenlet got the turn it had asked for at `at_s`."""
        if at_s >= self.plan_start_s:
            self._row(at_s).canary_lag.record(lag_s)

    def request(
        self,
        endpoint: str,
        arrival: Arrival | None,
        start_s: float,
        end_s: float,
        error: str = "",
        server_timing: dict[str, float] | None = None,
    ) -> None:
        """Add a request that was sent and answered (or given up) at these instants of CLOCK_MONOTONIC.

        `error` is empty if all was well; `server_timing` is what `parse_server_timing` returned. Without an
        arrival the request is the session's (`on_start`, `on_stop`), except in a closed workload's plan.
        """
        intended_s = start_s if arrival is None else arrival.due_s(start_s)
        endpoints = self._endpoints_of(arrival, intended_s)
        if endpoints is None:
            return
        state = endpoints.get(endpoint)
        if state is None:
            state = self._added(endpoints, endpoint, arrival)
        outcome = state.failed if error else state.ok
        outcome.latency.record(end_s - intended_s)
        if outcome.service_time is not outcome.latency:
            outcome.service_time.record(end_s - start_s)
        if error:
            _count_error(state.errors, error[:TEXT_LIMIT])
        if server_timing:
            self._add_server_timing(endpoint, state, server_timing)

    def close(self) -> None:
        """Record nothing more of the plan."""
        self._end_s = time.monotonic()

    def take_rows(self) -> list[Row]:
        """Return what came since the last call, by second, and start afresh."""
        rows, self._rows = self._rows, {}
        return [rows[second] for second in sorted(rows)]

    def take_session_endpoints(self) -> dict[str, EndpointState]:
        """Return the sessions' requests since the last call, and start afresh."""
        taken, self._session_endpoints = self._session_endpoints, {}
        return taken

    def _row(self, at_s: float) -> Row:
        second = int(at_s - self.plan_start_s)
        row = self._rows.get(second)
        if row is None:
            row = self._rows[second] = Row(second)
        return row

    def _endpoints_of(self, arrival: Arrival | None, intended_s: float) -> dict[str, EndpointState] | None:
        """Return where a request belongs; None when it comes after the end of the plan."""
        if arrival is None and not (self._closed_workload and self.plan_start_s <= intended_s < self._end_s):
            return self._session_endpoints
        if self._end_s != math.inf:
            return None
        row = self._row(intended_s)
        if arrival is None:
            row.planned += 1
            row.sent += 1
            row.completed += 1
        return row.endpoints

    def _added(
        self, endpoints: dict[str, EndpointState], endpoint: str, arrival: Arrival | None
    ) -> EndpointState:
        """Return the state of an endpoint that is new to `endpoints`, unless it is one of the many others."""
        name = self._known(endpoint)
        if name not in endpoints:
            endpoints[name] = EndpointState() if arrival else _due_when_sent()
        return endpoints[name]

    def _known(self, endpoint: str) -> str:
        """Return the name to record under: a locustfile that puts ids into names must not exhaust memory."""
        if endpoint in self._server_timing_names:
            return endpoint
        if (told := encodable(endpoint)) != endpoint:
            return self._known(told)
        if len(self._server_timing_names) < ENDPOINT_LIMIT:
            self._server_timing_names[endpoint] = set()
            return endpoint
        self.warnings.add(
            f"more than {ENDPOINT_LIMIT} endpoints; the others were added up. Give requests with ids in their"
            " path a name, such as name='/videos/{id}'."
        )
        return OTHER_ENDPOINTS

    def _add_server_timing(self, endpoint: str, state: EndpointState, parts: dict[str, float]) -> None:
        known = self._server_timing_names.setdefault(self._known(endpoint), set())
        for name, duration_s in parts.items():
            if name not in known and len(known) >= NAME_LIMIT:
                self.warnings.add(
                    f"{endpoint} sends more than {NAME_LIMIT} Server-Timing names; see the first."
                )
                continue
            known.add(name)
            if name not in state.server_timing:
                state.server_timing[name] = HistogramState()
            state.server_timing[name].record(duration_s)


def encodable(text: str) -> str:
    """Return the text with a question mark for what UTF-8 cannot carry: `json.loads` makes half characters of
    what a server sends, and a text with one in it would take the whole message along.
    """
    return text.encode(errors="replace").decode()


def _due_when_sent() -> EndpointState:
    """Return the state of requests whose latency is their service time: recorded once, told as both."""
    ok, failed = HistogramState(), HistogramState()
    return EndpointState(ok=OutcomeState(ok, ok), failed=OutcomeState(failed, failed))


def _count_error(errors: dict[str, int], text: str) -> None:
    if text not in errors:
        text = encodable(text) if len(errors) < ERROR_LIMIT else OTHER_ERRORS
    errors[text] = errors.get(text, 0) + 1
