import math

import msgspec
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from loadstone.records.histogram import (
    HIGHEST_US,
    HistogramState,
    LatencyHistogram,
    bucket_index,
    bucket_lower_us,
    bucket_upper_us,
    merged,
)

in_range_us = st.integers(1, HIGHEST_US)
many_us = st.lists(in_range_us, min_size=1, max_size=60)
quantiles = st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999, 1.0])


def histogram_of(values_us: list[int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for us in values_us:
        histogram.record(us / 1e6)
    return histogram


def hdr_of(values_us: list[int]) -> HdrHistogram:
    hdr = HdrHistogram(1, HIGHEST_US, 3)
    for us in values_us:
        assert hdr.record_value(us)
    return hdr


@given(in_range_us)
def test_a_bucket_holds_its_value_and_is_narrower_than_a_thousandth_of_it(us: int) -> None:
    index = bucket_index(us)
    lower, upper = bucket_lower_us(index), bucket_upper_us(index)
    assert lower <= us <= upper
    assert upper - lower <= us / 1000
    assert bucket_index(lower) == bucket_index(upper) == index


@given(in_range_us)
def test_the_next_bucket_begins_where_one_ends(us: int) -> None:
    index = bucket_index(us)
    assert bucket_lower_us(index + 1) == bucket_upper_us(index) + 1


@given(in_range_us)
def test_the_buckets_are_those_of_hdr_histogram(us: int) -> None:
    hdr = hdr_of([us])
    assert bucket_lower_us(bucket_index(us)) == hdr.get_lowest_equivalent_value(us)
    assert bucket_upper_us(bucket_index(us)) == hdr.get_highest_equivalent_value(us)


@given(many_us, quantiles)
def test_a_quantile_is_the_ranked_value_to_a_thousandth(values_us: list[int], q: float) -> None:
    ranked = sorted(values_us)[max(math.ceil(q * len(values_us) - 1e-9), 1) - 1]
    quantile_s = histogram_of(values_us).quantile_s(q)
    assert quantile_s is not None
    assert ranked / 1e6 <= quantile_s <= ranked / 1e6 * 1.001


@given(many_us, st.data())
def test_a_quantile_on_a_rank_is_hdr_histograms(values_us: list[int], data: st.DataObject) -> None:
    """Between ranks hdrh takes the nearer one, this histogram the upper one: latency is never understated."""
    q = data.draw(st.integers(1, len(values_us))) / len(values_us)
    quantile_s = histogram_of(values_us).quantile_s(q)
    theirs_us = hdr_of(values_us).get_value_at_percentile(q * 100)
    assert quantile_s is not None
    assert round(quantile_s * 1e6) == min(theirs_us, max(values_us))


@given(many_us)
def test_extremes_count_and_mean_are_exact(values_us: list[int]) -> None:
    histogram = histogram_of(values_us)
    assert histogram.count == len(values_us)
    assert histogram.min_s == min(values_us) / 1e6
    assert histogram.max_s == max(values_us) / 1e6
    assert histogram.mean_s == pytest.approx(sum(values_us) / len(values_us) / 1e6)


@given(st.lists(st.lists(st.integers(-5, HIGHEST_US * 2), max_size=20), max_size=5))
def test_merging_is_recording_all_in_one(parts: list[list[int]]) -> None:
    whole = histogram_of([us for part in parts for us in part])
    assert merged(histogram_of(part) for part in parts).state() == whole.state()


@given(many_us)
def test_a_state_travels_as_json(values_us: list[int]) -> None:
    state = histogram_of(values_us).state()
    assert msgspec.json.decode(msgspec.json.encode(state), type=HistogramState) == state


@given(many_us, quantiles)
def test_the_file_format_keeps_counts_and_quantiles(values_us: list[int], q: float) -> None:
    histogram = histogram_of(values_us)
    read = LatencyHistogram.from_hdr_v2(histogram.to_hdr_v2())
    assert read.state().counts == histogram.state().counts
    assert read.quantile_s(q) == pytest.approx(histogram.quantile_s(q), rel=1e-3)


@given(many_us)
def test_the_file_format_is_hdr_histograms(values_us: list[int]) -> None:
    theirs = HdrHistogram.decode(histogram_of(values_us).to_hdr_v2())
    assert theirs.get_total_count() == len(values_us)
    assert theirs.get_value_at_percentile(50) == hdr_of(values_us).get_value_at_percentile(50)


def test_a_value_beyond_the_range_is_clamped_and_counted_not_dropped() -> None:
    histogram = LatencyHistogram()
    for duration_s in (61.0, 3600.0, 0.0, -1.0):
        histogram.record(duration_s)
    assert histogram.count == 4
    assert histogram.clamped_high == 2
    assert histogram.state().clamped_low == 2
    assert histogram.max_s == 60.0
    assert histogram.min_s == 1e-6


@given(many_us, in_range_us)
def test_counts_above_a_bound_leave_out_only_the_bounds_own_bucket(
    values_us: list[int], bound_us: int
) -> None:
    above = histogram_of(values_us).counts_above_s(bound_us / 1e6)
    assert above == sum(us > bucket_upper_us(bucket_index(bound_us)) for us in values_us)


@pytest.mark.parametrize(("q", "enough"), [(0.5, 20), (0.99, 1000), (0.999, 10_000)])
def test_a_quantile_is_reportable_from_ten_samples_beyond_it(q: float, enough: int) -> None:
    state = HistogramState({bucket_index(1000): enough}, sum_us=1000 * enough, min_us=1000, max_us=1000)
    fewer = HistogramState({bucket_index(1000): enough - 1}, sum_us=1000, min_us=1000, max_us=1000)
    assert LatencyHistogram(state).reportable_quantile_s(q) == 0.001
    assert LatencyHistogram(fewer).reportable_quantile_s(q) is None


def test_an_empty_histogram_says_nothing() -> None:
    empty = LatencyHistogram()
    assert empty.count == 0
    assert empty.quantile_s(0.5) is empty.min_s is empty.max_s is empty.mean_s is None
    assert merged([empty, LatencyHistogram()]).state() == HistogramState()


def test_an_empty_histogram_leaves_the_extremes_of_another_alone() -> None:
    histogram = histogram_of([500])
    histogram.merge(LatencyHistogram())
    assert histogram.min_s == histogram.max_s == 0.0005
