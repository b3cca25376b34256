from loadstone.analysis.summaries import Scope, merge_endpoint, quantiles, summarise
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState


def endpoint(ok_s: list[float], failed_s: list[float]) -> EndpointState:
    state = EndpointState(errors={"HTTP 500": len(failed_s)})
    for part, durations in ((state.ok, ok_s), (state.failed, failed_s)):
        for duration_s in durations:
            LatencyHistogram(part.latency).record(duration_s)
            LatencyHistogram(part.service_time).record(duration_s / 2)
    return state


def test_latency_holds_every_outcome_and_ok_the_successes() -> None:
    summary = summarise(endpoint([0.010] * 30, [0.001] * 30), Scope(measured_s=30.0))
    assert (summary.requests, summary.errors, summary.rate) == (60, 30, 2.0)
    assert summary.latency_s.max == 0.010
    assert summary.ok.latency_s.p50 is not None
    assert summary.ok.latency_s.p50 >= 0.010
    assert summary.latency_s.p50 is not None
    assert summary.latency_s.p50 < 0.0011


def test_a_quantile_needs_ten_samples_beyond_it() -> None:
    histogram = LatencyHistogram()
    for _ in range(999):
        histogram.record(0.001)
    assert quantiles(histogram).p99 is None
    assert quantiles(histogram).p95 is not None
    histogram.record(0.001)
    assert quantiles(histogram).p99 is not None


def test_where_too_much_was_never_answered_a_quantile_is_a_lower_bound() -> None:
    histogram = LatencyHistogram()
    for _ in range(1000):
        histogram.record(0.001)
    assert quantiles(histogram, 0.02).lower_bound == ["p99", "max"]
    assert quantiles(histogram, 0.0).lower_bound == []


def test_fewer_unanswered_make_a_lower_bound_of_what_they_would_have_moved() -> None:
    histogram = LatencyHistogram()
    for number in range(10_000):
        histogram.record(0.001 if number < 9_910 else 1.0)  # 0.9 % are slow
    assert quantiles(histogram, 0.0009).lower_bound == ["max"]
    assert quantiles(histogram, 0.0012).lower_bound == ["p99", "p999", "max"]


def test_merging_leaves_the_source_as_it_was() -> None:
    source, target = endpoint([0.01], [0.02]), EndpointState()
    merge_endpoint(target, source)
    merge_endpoint(target, source)
    assert summarise(source, Scope()).requests == 2
    assert summarise(target, Scope()).requests == 4
    assert target.errors == {"HTTP 500": 2}
