"""What a request costs the recorder: two records each."""

from random import Random

from pytest_benchmark.fixture import BenchmarkFixture

from loadstone.records.histogram import LatencyHistogram, merged

_random = Random(1)
DURATIONS_S = [_random.expovariate(200.0) for _ in range(1000)]


def filled() -> LatencyHistogram:
    histogram = LatencyHistogram()
    for duration_s in DURATIONS_S:
        histogram.record(duration_s)
    return histogram


def test_record_a_thousand_durations(benchmark: BenchmarkFixture) -> None:
    assert benchmark(filled).count == len(DURATIONS_S)


def test_merge_thirty_seconds(benchmark: BenchmarkFixture) -> None:
    seconds = [filled() for _ in range(30)]
    assert benchmark(merged, seconds).count == 30 * len(DURATIONS_S)


def test_a_high_quantile(benchmark: BenchmarkFixture) -> None:
    assert benchmark(filled().quantile_s, 0.99) is not None


def test_encode_for_the_record(benchmark: BenchmarkFixture) -> None:
    assert LatencyHistogram.from_hdr_v2(benchmark(filled().to_hdr_v2)).count == len(DURATIONS_S)
