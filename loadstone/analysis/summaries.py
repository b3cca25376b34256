"""From rows and histograms to the numbers of the record."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from loadstone.records.histogram import HistogramState, LatencyHistogram, merged
from loadstone.records.load import EndpointState, Row
from loadstone.records.run import EndpointSummary, OkSummary, Quantiles

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p999": 0.999}
MOVED = 1.01
"""By so much may the unanswered move a quantile before it is called a lower bound."""
ERROR_LIMIT = 50  # different messages of one endpoint
OTHER_ERRORS = "(other errors)"


@dataclass
class Tally:
    """Arrivals and requests added up, from all workers."""

    planned: int = 0
    sent: int = 0
    completed: int = 0
    dropped: int = 0
    wake_lag: LatencyHistogram = field(default_factory=LatencyHistogram)
    queue_lag: LatencyHistogram = field(default_factory=LatencyHistogram)
    canary_lag: LatencyHistogram = field(default_factory=LatencyHistogram)
    whole: LatencyHistogram = field(default_factory=LatencyHistogram)
    endpoints: dict[str, EndpointState] = field(default_factory=lambda: defaultdict(EndpointState))

    def add(self, other: "Row | Tally") -> None:
        """Add one row of deltas, or another tally."""
        self.planned += other.planned
        self.sent += other.sent
        self.completed += other.completed
        self.dropped += other.dropped
        self.wake_lag.merge(other.wake_lag)
        self.queue_lag.merge(other.queue_lag)
        self.canary_lag.merge(other.canary_lag)
        self.whole.merge(other.whole)
        merge_endpoints(self.endpoints, other.endpoints)

    @property
    def clamped_latencies(self) -> int:
        """How many latencies were beyond the range of histograms."""
        outcomes = [part for state in self.endpoints.values() for part in (state.ok, state.failed)]
        return sum(outcome.latency.clamped_high for outcome in outcomes)

    @property
    def all_requests(self) -> EndpointState:
        """The requests of every endpoint together."""
        whole = EndpointState()
        for state in self.endpoints.values():
            merge_endpoint(whole, state)
        return whole


@dataclass(frozen=True)
class Scope:
    """What summaries are over, and whether latencies may be told: an invalid measurement has none."""

    measured_s: float = 0.0
    unanswered_share: float = 0.0  # of the plan: dropped or unfinished
    valid: bool = True


def merge_endpoints(into: dict[str, EndpointState], other: Mapping[str, EndpointState]) -> None:
    """Add requests by endpoint to others."""
    for name, state in other.items():
        merge_endpoint(into.setdefault(name, EndpointState()), state)


def merge_endpoint(into: EndpointState, other: EndpointState) -> None:
    """Add one endpoint's requests to another's."""
    for mine, theirs in ((into.ok, other.ok), (into.failed, other.failed)):
        mine.latency.merge(theirs.latency)
        mine.service_time.merge(theirs.service_time)
    for text, count in other.errors.items():
        known = text in into.errors or len(into.errors) < ERROR_LIMIT
        text = text if known else OTHER_ERRORS
        into.errors[text] = into.errors.get(text, 0) + count
    for part, durations in other.server_timing.items():
        into.server_timing.setdefault(part, HistogramState()).merge(durations)


def whole_latency(state: EndpointState) -> LatencyHistogram:
    """Return the latencies of every outcome; leaving failures out would be omission again."""
    return merged(LatencyHistogram(part.latency) for part in (state.ok, state.failed))


def whole_service_time(state: EndpointState) -> LatencyHistogram:
    """Return the service times of every outcome."""
    return merged(LatencyHistogram(part.service_time) for part in (state.ok, state.failed))


def summarise(state: EndpointState, scope: Scope) -> EndpointSummary:
    """Return the summary of one endpoint."""
    latency = whole_latency(state)
    return EndpointSummary(
        requests=latency.count,
        errors=LatencyHistogram(state.failed.latency).count,
        rate=latency.count / scope.measured_s if scope.measured_s else 0.0,
        latency_s=latency_quantiles(latency, scope),
        service_time_s=latency_quantiles(whole_service_time(state), scope),
        ok=OkSummary(latency_quantiles(LatencyHistogram(state.ok.latency), scope)),
        error_messages=state.errors,
        server_timing_s=server_timing(state, scope),
    )


def summarise_all(states: Mapping[str, EndpointState], scope: Scope) -> dict[str, EndpointSummary]:
    """Return the summaries of endpoints, by name."""
    return {name: summarise(states[name], scope) for name in sorted(states)}


def server_timing(state: EndpointState, scope: Scope) -> dict[str, Quantiles]:
    """Return the parts of the service time that the server told of, those that took longest first."""
    if not scope.valid:
        return {}
    longest_first = sorted(state.server_timing.items(), key=lambda part: -part[1].sum_us)
    return {name: quantiles(LatencyHistogram(durations)) for name, durations in longest_first}


def latency_quantiles(histogram: LatencyHistogram, scope: Scope) -> Quantiles:
    """Return the quantiles that the number of samples allows, those that are lower bounds named."""
    return quantiles(histogram, scope.unanswered_share) if scope.valid else Quantiles()


def quantiles(histogram: LatencyHistogram, unanswered_share: float = 0.0) -> Quantiles:
    """Return the quantiles that the number of samples allows, those that are lower bounds named."""
    values = {name: histogram.reportable_quantile_s(q) for name, q in QUANTILES.items()}
    lower = [
        name
        for name, value_s in values.items()
        if value_s is not None and _is_lower_bound(histogram, QUANTILES[name], value_s, unanswered_share)
    ]
    if unanswered_share and histogram.count:
        lower.append("max")
    return Quantiles(**values, max=histogram.max_s, lower_bound=lower)


def _is_lower_bound(histogram: LatencyHistogram, q: float, value_s: float, unanswered_share: float) -> bool:
    """Return whether the quantile would be higher had the unanswered been answered last of all.

    With more than 1 − q of them nobody knows how high; with fewer a higher one of the answered is known.
    """
    if not unanswered_share:
        return False
    q_of_answered = q / (1 - unanswered_share) if unanswered_share < 1 else 1.0
    highest_s = histogram.quantile_s(q_of_answered) if unanswered_share <= 1 - q else None
    return highest_s is None or highest_s > MOVED * value_s


def lag_quantiles(lag: LatencyHistogram) -> Quantiles:
    """Return p50, p99 and max of lags."""
    whole = quantiles(lag)
    return Quantiles(p50=whole.p50, p99=whole.p99, max=whole.max)


def encoded_histograms(state: EndpointState) -> dict[str, dict[str, str]]:
    """Return HDR V2 strings by outcome, for those that occurred, and by part of `server_timing`."""
    outcomes = {
        outcome: {"latency_s": _hdr(part.latency), "service_time_s": _hdr(part.service_time)}
        for outcome, part in (("ok", state.ok), ("failed", state.failed))
        if part.latency.counts
    }
    if state.server_timing:
        outcomes["server_timing"] = {name: _hdr(part) for name, part in state.server_timing.items()}
    return outcomes


def _hdr(state: HistogramState) -> str:
    return LatencyHistogram(state).to_hdr_v2()
