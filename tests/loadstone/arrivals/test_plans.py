import math
import subprocess
import sys
from bisect import bisect_left
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.arrivals import Arrivals, Even, Poisson, Sum, share
from loadstone.arrivals.rate import RateCurve, Segment, constant, ramp, spike, steps
from tests.loadstone.arrivals.curves import curves, expected_count, instant_s

horizons = st.floats(0, 20)
seeds = st.integers()
even_plans = st.builds(Even, curves)
simple_plans = st.one_of(even_plans, st.builds(Poisson, curves, seeds))
plans = st.one_of(simple_plans, st.builds(Sum, st.tuples(simple_plans, simple_plans)))


@given(plans, horizons)
def test_starts_ascend_from_0_to_the_horizon(arrivals: Arrivals, horizon_s: float) -> None:
    starts_s = list(arrivals.starts_s(horizon_s))
    assert starts_s == sorted(starts_s)
    assert all(0 <= start_s < horizon_s for start_s in starts_s)


@given(plans, horizons, horizons)
def test_a_longer_plan_begins_with_the_shorter_one(arrivals: Arrivals, one_s: float, other_s: float) -> None:
    short, long = (list(arrivals.starts_s(horizon_s)) for horizon_s in sorted([one_s, other_s]))
    assert long[: len(short)] == short


@given(plans, horizons)
def test_a_plan_can_be_derived_again(arrivals: Arrivals, horizon_s: float) -> None:
    assert list(arrivals.starts_s(horizon_s)) == list(arrivals.starts_s(horizon_s))


@given(plans, st.floats(0, 5), st.integers(1, 7))
def test_the_union_of_the_workers_shares_is_the_plan(
    arrivals: Arrivals, horizon_s: float, workers: int
) -> None:
    shares = [list(share(arrivals.starts_s(horizon_s), index, workers)) for index in range(workers)]
    assert sorted(pair for part in shares for pair in part) == list(enumerate(arrivals.starts_s(horizon_s)))
    assert all(number % workers == index for index, part in enumerate(shares) for number, _ in part)


@given(curves, st.floats(0, 20), st.floats(0, 20))
def test_even_arrivals_between_any_two_instants_are_the_integral_of_the_rate(
    curve: RateCurve, one_s: float, other_s: float
) -> None:
    from_s, to_s = sorted([one_s, other_s])
    starts_s = list(Even(curve).starts_s(20.0))
    count = bisect_left(starts_s, to_s) - bisect_left(starts_s, from_s)
    assert count == pytest.approx(expected_count(curve, from_s, to_s), abs=1 + 1e-6)


@given(st.floats(0.01, 1000), horizons)
def test_even_arrivals_of_one_rate_are_every_nth_part_of_it(rate: float, horizon_s: float) -> None:
    starts_s = list(Even(constant(rate)).starts_s(horizon_s))
    assert starts_s == [n / rate for n in range(len(starts_s))]
    assert len(starts_s) / rate >= horizon_s


@pytest.mark.parametrize(
    "curve",
    [constant(1000.0), ramp(500.0, 1500.0, 28_800.0), steps([(0.0, 1000.0), (3.0, 0.0), (3.5, 1000.0)])],
)
def test_no_error_accumulates_over_eight_hours(curve: RateCurve) -> None:
    number = 28_000_000
    at_s = instant_s(curve, number)
    assert 27_900 < at_s < 28_800
    assert expected_count(curve, 0.0, at_s) == pytest.approx(number, abs=1e-5)
    # Neighbours stand apart by the local rate, to a thousandth of their gap.
    gap_s = instant_s(curve, number + 1) - at_s
    assert gap_s * curve.peak(at_s) == pytest.approx(1.0, rel=1e-3)


def test_a_time_without_arrivals_has_none_and_the_first_one_after_it_comes_at_its_end() -> None:
    starts_s = list(Even(steps([(0.0, 10.0), (1.0, 0.0), (3.0, 10.0)])).starts_s(4.0))
    assert starts_s == pytest.approx([n / 10 for n in range(10)] + [3 + n / 10 for n in range(10)])


def test_a_rate_that_ends_at_0_ends_the_plan() -> None:
    assert len(list(Even(steps([(0.0, 10.0), (1.0, 0.0)])).starts_s(math.inf))) == 10
    assert len(list(Poisson(steps([(0.0, 10.0), (1.0, 0.0)]), 1).starts_s(math.inf))) < 30


@given(seeds, st.floats(0.5, 100))
def test_one_poisson_seed_is_one_plan_scaled_by_the_rate(seed: int, rate: float) -> None:
    unscaled = list(Poisson(constant(1.0), seed).starts_s(10.0))
    assert [
        start_s * rate for start_s in Poisson(constant(rate), seed).starts_s(9.9 / rate)
    ] == pytest.approx([start_s for start_s in unscaled if start_s < 9.9])


# Kolmogorov and Smirnov's distance passes 1.95/√n once in a thousand seeds.


def distance_from_exponential(gaps: list[float]) -> float:
    ascending = sorted(gaps)
    return max(abs((n + 1) / len(gaps) - (1 - math.exp(-gap))) for n, gap in enumerate(ascending))


def test_poisson_gaps_are_exponential() -> None:
    starts_s = list(Poisson(constant(50.0), seed=4).starts_s(400.0))
    gaps = [(later - earlier) * 50 for earlier, later in pairwise(starts_s)]
    assert distance_from_exponential(gaps) < 1.95 / math.sqrt(len(gaps))
    assert len(starts_s) == pytest.approx(20_000, abs=4 * math.sqrt(20_000))


def test_poisson_gaps_of_a_ramp_are_exponential_in_the_integral_of_its_rate() -> None:
    curve = ramp(10.0, 90.0, 200.0)
    starts_s = list(Poisson(curve, seed=4).starts_s(200.0))
    gaps = [expected_count(curve, earlier, later) for earlier, later in pairwise(starts_s)]
    assert distance_from_exponential(gaps) < 1.95 / math.sqrt(len(gaps))
    assert len(starts_s) == pytest.approx(10_000, abs=4 * math.sqrt(10_000))


def test_poisson_counts_of_a_spike_follow_its_rate() -> None:
    curve = spike(20.0, 100.0, 40.0, 20.0)
    counts = [0] * 100
    for start_s in Poisson(curve, seed=11).starts_s(100.0):
        counts[int(start_s)] += 1
    squares = [
        (count - expected) ** 2 / expected
        for second, count in enumerate(counts)
        for expected in [expected_count(curve, second, second + 1)]
    ]
    # Chi-square with 100 degrees of freedom lies within 60 and 150 but once in a thousand seeds.
    assert 60 < sum(squares) < 150


def test_neighbouring_poisson_gaps_do_not_correlate() -> None:
    starts_s = list(Poisson(constant(1.0), seed=7).starts_s(20_000.0))
    gaps = [later - earlier - 1 for earlier, later in pairwise(starts_s)]
    correlation = sum(a * b for a, b in pairwise(gaps)) / len(gaps)
    assert abs(correlation) < 4 / math.sqrt(len(gaps))


def test_a_seed_gives_the_same_plan_whatever_the_hash_seed() -> None:
    script = (
        "from loadstone.arrivals import parse_arrivals;"
        "print(list(parse_arrivals('poisson:20 + poisson:5', 0, 9).starts_s(1.0)))"
    )
    plans = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(plans) == 1


def test_different_seeds_give_different_plans() -> None:
    one, other = (list(Poisson(constant(20.0), seed).starts_s(1.0)) for seed in (1, 2))
    assert one != other


@given(st.tuples(simple_plans, simple_plans), horizons)
def test_a_sum_is_all_of_its_parts(parts: tuple[Arrivals, Arrivals], horizon_s: float) -> None:
    together = sorted(start_s for part in parts for start_s in part.starts_s(horizon_s))
    assert list(Sum(parts).starts_s(horizon_s)) == together


@given(even_plans, st.floats(0.1, 20))
def test_no_second_has_more_even_arrivals_than_the_peak_rate(arrivals: Even, horizon_s: float) -> None:
    starts_s = list(arrivals.starts_s(horizon_s))
    fullest = max((bisect_left(starts_s, start_s + 1) - n for n, start_s in enumerate(starts_s)), default=0)
    assert fullest <= arrivals.peak_rate(horizon_s) + 1 + 1e-6


def test_a_peak_counts_only_before_the_horizon() -> None:
    arrivals = Sum((Even(spike(10.0, 100.0, 5.0, 1.0)), Even(ramp(0.0, 10.0, 10.0))))
    assert arrivals.peak_rate(5.0) == 10.0 + 5.0
    assert arrivals.peak_rate(20.0) == 100.0 + 10.0


def test_starts_are_yielded_as_they_are_asked_for() -> None:
    endless = Even(RateCurve((Segment(0.0, 2.0),))).starts_s(math.inf)
    assert list(islice(endless, 3)) == [0.0, 0.5, 1.0]
