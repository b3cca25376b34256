from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.analysis import timeline
from loadstone.analysis.measures import read
from loadstone.analysis.timeline import Step, TimelineLedger
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import EndpointState, Row
from loadstone.records.measure import MeasureSpec, MetricSample, Scrape
from loadstone.records.run import Timeline

SPECS = {
    "caching.hits": MeasureSpec(delta="hits"),
    "caching.reads": MeasureSpec(delta="reads", by="node"),
    "caching.hit_ratio": MeasureSpec(ratio=["caching.hits", "caching.reads"]),
    "views.buffered": MeasureSpec(max="buffered"),
}


def row(second: int, latencies_s: Iterable[float]) -> Row:
    made, state = Row(second), EndpointState()
    for latency_s in latencies_s:
        made.planned += 1
        made.wake_lag.record(latency_s / 10)
        state.ok.latency.record(latency_s)
    made.endpoints = {"GET /": state}
    return made


def told(rows: Iterable[Row]) -> Timeline:
    ledger = TimelineLedger({})
    for one in rows:
        ledger.at(one.second).add(one)
    return ledger.timeline(warm_up_s=0.0)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeline that coarsens after eight steps, two of them at hand."""
    monkeypatch.setattr(timeline, "STEP_LIMIT", 8)
    monkeypatch.setattr(timeline, "WARM_STEPS", 2)


def test_a_short_run_is_told_by_the_second_and_gaps_are_empty() -> None:
    columns = told([row(0, [0.01]), row(2, [0.03])]).columns
    assert columns["t_s"] == [0.0, 1.0, 2.0]
    assert columns["arrivals.planned"] == [1, 0, 1]
    assert columns["latency_s.max"] == [0.01, None, 0.03]


@pytest.mark.usefixtures("short")
def test_steps_double_when_there_would_be_too_many() -> None:
    told_of = told(row(second, [0.001 * (second + 1)]) for second in range(20))
    assert told_of.step_s == 4
    assert told_of.columns["t_s"] == [0.0, 4.0, 8.0, 12.0, 16.0]
    assert told_of.columns["arrivals.planned"] == [4, 4, 4, 4, 4]
    assert told_of.columns["latency_s.max"] == pytest.approx([0.004, 0.008, 0.012, 0.016, 0.020])


seconds = st.lists(
    st.tuples(st.integers(0, 90), st.lists(st.floats(1e-6, 50), max_size=5)), min_size=1, max_size=60
)


@given(seconds)
def test_coarsening_keeps_every_count_and_every_quantile_of_what_it_joins(
    played: list[tuple[int, list[float]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "STEP_LIMIT", 8)
        patch.setattr(timeline, "WARM_STEPS", 2)
        told_of = told(row(second, latencies_s) for second, latencies_s in played)
    assert len(told_of.columns["t_s"]) <= 8
    names = ("arrivals.planned", "latency_s.max", "latency_s.p95")
    for number, entries in enumerate(zip(*(told_of.columns[name] for name in names), strict=True)):
        joined = LatencyHistogram()
        for second, latencies_s in played:
            if second // told_of.step_s == number:
                for latency_s in latencies_s:
                    joined.record(latency_s)
        assert entries == (joined.count, joined.max_s, joined.quantile_s(0.95))


def test_a_step_counts_failures_and_the_busiest_worker() -> None:
    step, failing = Step(), Row(0)
    failing.endpoints["GET /"] = EndpointState()
    failing.endpoints["GET /"].failed.latency.record(0.5)
    step.add(failing)
    step.see(in_flight=4, cpu_share=0.2)
    step.see(in_flight=3, cpu_share=0.7)
    columns = step.columns({})
    assert (columns["arrivals.errors"], columns["latency_s.max"]) == (1, 0.5)
    assert (columns["arrivals.in_flight"], columns["generator.cpu_share"]) == (4, 0.7)


def scrape(hits: float, reads: float, buffered: float) -> Scrape:
    samples = [
        MetricSample("hits", {}, hits),
        MetricSample("reads", {"node": "a"}, reads),
        MetricSample("buffered", {}, buffered),
    ]
    return Scrape(0.0, [samples])


@pytest.mark.usefixtures("short")
def test_of_measures_deltas_add_up_gauges_keep_the_highest_and_ratios_are_of_the_sums() -> None:
    ledger = TimelineLedger(SPECS)
    readings = [read(SPECS, scrape(*values)) for values in ((0, 0, 5), (1, 1, 9), (1, 4, 2))]
    for second, (before, after) in enumerate(pairwise(readings)):
        ledger.at(second).measure(SPECS, before, after)
    ledger.at(8)
    columns = ledger.timeline(0.0).columns
    assert columns["caching.hits"][0] == 1.0
    assert columns["views.buffered"][0] == 9.0
    assert columns["caching.hit_ratio"][0] == 0.25
    assert "caching.reads" not in columns


def test_steps_merge_as_their_histograms_do() -> None:
    parts = [row(0, [0.01, 0.02]), row(1, [0.5])]
    whole = Step()
    for part in parts:
        step = Step()
        step.add(part)
        whole.merge(step)
    expected = merged(LatencyHistogram(part.endpoints["GET /"].ok.latency) for part in parts)
    assert LatencyHistogram(whole.latency).quantile_s(0.5) == expected.quantile_s(0.5)
