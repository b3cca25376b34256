"""From requests and arrivals to the rows of a message: constant time each, constant memory."""

import math
import time

from loadstone.load.arrival import Arrival
from loadstone.records.load import EndpointState, Row

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
        text = text[:TEXT_LIMIT]
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
        self._closed_s = math.inf  # when `close` was called
        self._rows: dict[int, Row] = {}
        self._session_endpoints: dict[str, EndpointState] = {}
        self._endpoints: set[str] = set()

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
        if self._closed_s == math.inf:
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
        if arrival is not None:
            if self._closed_s == math.inf:
                intended_s = arrival.due_s(start_s)
                _add(
                    self._endpoint(self._row(intended_s).endpoints, endpoint),
                    intended_s,
                    start_s,
                    end_s,
                    error,
                )
        elif self._closed_workload and self.plan_start_s <= start_s < self._closed_s:
            if self._closed_s == math.inf:
                self._count_as_arrival(endpoint, start_s, end_s, error)
        else:
            _add(self._endpoint(self._session_endpoints, endpoint), start_s, start_s, end_s, error)

    def close(self) -> None:
        """Record nothing more of the plan."""
        self._closed_s = time.monotonic()

    def take_rows(self) -> list[Row]:
        """Return what came since the last call, by second, and start afresh."""
        rows, self._rows = self._rows, {}
        return [rows[second] for second in sorted(rows)]

    def take_session_endpoints(self) -> dict[str, EndpointState]:
        """Return the sessions' requests since the last call, and start afresh."""
        taken, self._session_endpoints = self._session_endpoints, {}
        return taken

    def _count_as_arrival(self, endpoint: str, start_s: float, end_s: float, error: str) -> None:
        row = self._row(start_s)
        row.planned += 1
        row.sent += 1
        row.completed += 1
        _add(self._endpoint(row.endpoints, endpoint), start_s, start_s, end_s, error)

    def _row(self, at_s: float) -> Row:
        second = int(at_s - self.plan_start_s)
        row = self._rows.get(second)
        if row is None:
            row = self._rows[second] = Row(second)
        return row

    def _endpoint(self, endpoints: dict[str, EndpointState], name: str) -> EndpointState:
        state = endpoints.get(name)
        if state is None:
            name = self._known(name)
            state = endpoints.setdefault(name, EndpointState())
        return state

    def _known(self, endpoint: str) -> str:
        """Return the name to record under: a locustfile that puts ids into names must not exhaust memory."""
        if endpoint in self._endpoints:
            return endpoint
        if len(self._endpoints) < ENDPOINT_LIMIT:
            self._endpoints.add(endpoint)
            return endpoint
        self.warnings.add(
            f"more than {ENDPOINT_LIMIT} endpoints; the others were added up. Give requests with ids in their"
            " path a name, such as name='/videos/{id}'."
        )
        return OTHER_ENDPOINTS


def _add(state: EndpointState, intended_s: float, start_s: float, end_s: float, error: str) -> None:
    outcome = state.failed if error else state.ok
    outcome.latency.record(end_s - intended_s)
    outcome.service_time.record(end_s - start_s)
    if error:
        _count_error(state.errors, error[:TEXT_LIMIT])


def _count_error(errors: dict[str, int], text: str) -> None:
    if text not in errors and len(errors) >= ERROR_LIMIT:
        text = OTHER_ERRORS
    errors[text] = errors.get(text, 0) + 1
