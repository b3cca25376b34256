"""From samples and arrivals to the rows of a message: constant time each, constant memory."""

from loadstone.load.arrival import Arrival
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState, Row
from loadstone.records.sample import Sample

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

    `close` ends the run for arrivals: what comes later is unfinished, and was reported as such.
    """

    def __init__(self) -> None:
        self.plan_start_s = 0.0
        self.errors = Notes()
        self.warnings = Notes()
        self.session_endpoints: dict[str, EndpointState] = {}
        self._rows: dict[int, Row] = {}
        self._endpoints: set[str] = set()
        self._closed = False

    def planned(self, arrival: Arrival, wake_s: float) -> None:
        """Count an arrival that is due; `wake_s` is when the scheduler saw it."""
        row = self._row(arrival.intended_s)
        row.planned += 1
        LatencyHistogram(row.wake_lag).record(wake_s - arrival.intended_s)

    def dropped(self, arrival: Arrival) -> None:
        """Count an arrival that found no idle user."""
        self._row(arrival.intended_s).dropped += 1

    def sent(self, arrival: Arrival) -> None:
        """Count an arrival that found a user."""
        self._row(arrival.intended_s).sent += 1

    def taken(self, arrival: Arrival) -> None:
        """Count the wait between finding a user and that user's beginning."""
        LatencyHistogram(self._row(arrival.intended_s).queue_lag).record(arrival.taken_s - arrival.sent_s)

    def completed(self, arrival: Arrival) -> None:
        """Count an arrival whose task has ended, however it ended."""
        if not self._closed:
            self._row(arrival.intended_s).completed += 1

    def record(self, sample: Sample) -> None:
        """Add a request of an arrival."""
        if not self._closed:
            _add(self._row(sample.intended_start_s).endpoints, self._known(sample.endpoint), sample)

    def record_session(self, sample: Sample) -> None:
        """Add a request outside arrivals: `on_start` and `on_stop`."""
        _add(self.session_endpoints, self._known(sample.endpoint), sample)

    def close(self) -> None:
        """Record nothing more of arrivals."""
        self._closed = True

    def take_rows(self) -> list[Row]:
        """Return what came since the last call, by second, and start afresh."""
        rows, self._rows = self._rows, {}
        return [rows[second] for second in sorted(rows)]

    def _row(self, at_s: float) -> Row:
        second = int(at_s - self.plan_start_s)
        row = self._rows.get(second)
        if row is None:
            row = self._rows[second] = Row(second)
        return row

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


def _add(endpoints: dict[str, EndpointState], name: str, sample: Sample) -> None:
    state = endpoints.get(name)
    if state is None:
        state = endpoints[name] = EndpointState()
    outcome = state.failed if sample.error else state.ok
    LatencyHistogram(outcome.latency).record(sample.latency_s)
    LatencyHistogram(outcome.service_time).record(sample.service_time_s)
    if sample.error:
        _count_error(state.errors, sample.error[:TEXT_LIMIT])


def _count_error(errors: dict[str, int], text: str) -> None:
    if text not in errors and len(errors) >= ERROR_LIMIT:
        text = OTHER_ERRORS
    errors[text] = errors.get(text, 0) + 1
