"""From histograms to the numbers of the record."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from loadstone.records.histogram import HistogramState, LatencyHistogram, merged
from loadstone.records.load import EndpointState, Row
from loadstone.records.run import EndpointSummary, OkSummary, Quantiles

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p999": 0.999}


@dataclass
class SecondLedger:
    """All that is known of one second of the plan (or of all of them), from all workers."""

    planned: int = 0
    sent: int = 0
    completed: int = 0
    dropped: int = 0
    in_flight: int = 0
    cpu_share: float = 0.0  # of one core, of the busiest worker
    wake_lag: LatencyHistogram = field(default_factory=LatencyHistogram)
    queue_lag: LatencyHistogram = field(default_factory=LatencyHistogram)
    endpoints: dict[str, EndpointState] = field(default_factory=lambda: defaultdict(EndpointState))

    def add(self, row: Row) -> None:
        """Add one row of deltas."""
        self.planned += row.planned
        self.sent += row.sent
        self.completed += row.completed
        self.dropped += row.dropped
        self.wake_lag.merge(row.wake_lag)
        self.queue_lag.merge(row.queue_lag)
        for name, state in row.endpoints.items():
            merge_endpoint(self.endpoints[name], state)

    def columns(self) -> dict[str, float | None]:
        """Return this second's entries of the timeline."""
        latency = merged(whole_latency(state) for state in self.endpoints.values())
        failed = sum(LatencyHistogram(state.failed.latency).count for state in self.endpoints.values())
        return {
            "arrivals.planned": self.planned,
            "arrivals.sent": self.sent,
            "arrivals.completed": self.completed,
            "arrivals.dropped": self.dropped,
            "arrivals.errors": failed,
            "arrivals.in_flight": self.in_flight,
            "latency_s.p50": latency.quantile_s(0.50),
            "latency_s.p95": latency.quantile_s(0.95),
            "latency_s.p99": latency.quantile_s(0.99),
            "latency_s.max": latency.max_s,
            "lag_s.wake_p99": self.wake_lag.quantile_s(0.99),
            "lag_s.queue_p99": self.queue_lag.quantile_s(0.99),
        }


def merge_endpoint(into: EndpointState, other: EndpointState) -> None:
    """Add one endpoint's requests to another's."""
    for mine, theirs in ((into.ok, other.ok), (into.failed, other.failed)):
        LatencyHistogram(mine.latency).merge(theirs.latency)
        LatencyHistogram(mine.service_time).merge(theirs.service_time)
    into.errors = dict(Counter(into.errors) + Counter(other.errors))


def whole_latency(state: EndpointState) -> LatencyHistogram:
    """Return the latencies of every outcome; leaving failures out would be omission again."""
    return merged(LatencyHistogram(part.latency) for part in (state.ok, state.failed))


def whole_service_time(state: EndpointState) -> LatencyHistogram:
    """Return the service times of every outcome."""
    return merged(LatencyHistogram(part.service_time) for part in (state.ok, state.failed))


def summarise(state: EndpointState, measured_s: float, unanswered_share: float) -> EndpointSummary:
    """Return the summary of one endpoint.

    `measured_s` is what the rate is over; `unanswered_share` the share of the plan that was never answered.
    """
    latency = whole_latency(state)
    return EndpointSummary(
        requests=latency.count,
        errors=LatencyHistogram(state.failed.latency).count,
        rate=latency.count / measured_s if measured_s else 0.0,
        latency_s=quantiles(latency, unanswered_share),
        service_time_s=quantiles(whole_service_time(state), unanswered_share),
        ok=OkSummary(quantiles(LatencyHistogram(state.ok.latency), unanswered_share)),
        error_messages=state.errors,
    )


def quantiles(histogram: LatencyHistogram, unanswered_share: float = 0.0) -> Quantiles:
    """Return the quantiles that the number of samples allows, those that are lower bounds named."""
    values = {name: histogram.reportable_quantile_s(q) for name, q in QUANTILES.items()}
    lower = [name for name, q in QUANTILES.items() if values[name] is not None and unanswered_share > 1 - q]
    if unanswered_share and histogram.count:
        lower.append("max")
    return Quantiles(**values, max=histogram.max_s, lower_bound=lower)


def lag_quantiles(lags: Iterable[LatencyHistogram]) -> Quantiles:
    """Return p50, p99 and max of lags."""
    whole = quantiles(merged(lags))
    return Quantiles(p50=whole.p50, p99=whole.p99, max=whole.max)


def encoded_histograms(state: EndpointState) -> dict[str, dict[str, str]]:
    """Return HDR V2 strings by outcome, for the outcomes that occurred."""
    return {
        outcome: {"latency_s": _hdr(part.latency), "service_time_s": _hdr(part.service_time)}
        for outcome, part in (("ok", state.ok), ("failed", state.failed))
        if part.latency.counts
    }


def _hdr(state: HistogramState) -> str:
    return LatencyHistogram(state).to_hdr_v2()
