import math
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.arrivals import Arrivals, Constant, Poisson, parse_arrivals, share
from loadstone.errors import LoadstoneError

rates = st.floats(0.01, 1000)
horizons = st.floats(0, 20)
seeds = st.integers()
plans = st.one_of(st.builds(Constant, rates), st.builds(Poisson, rates, seeds))


@given(plans, horizons)
def test_starts_ascend_from_0_to_the_horizon(arrivals: Arrivals, horizon_s: float) -> None:
    starts_s = list(arrivals.starts_s(horizon_s))
    assert starts_s == sorted(starts_s)
    assert all(0 <= start_s < horizon_s for start_s in starts_s)


@given(plans, horizons, horizons)
def test_a_longer_plan_begins_with_the_shorter_one(arrivals: Arrivals, one_s: float, other_s: float) -> None:
    short, long = (list(arrivals.starts_s(horizon_s)) for horizon_s in sorted([one_s, other_s]))
    assert long[: len(short)] == short


@given(rates, horizons)
def test_constant_arrivals_are_every_nth_part_of_the_rate(rate: float, horizon_s: float) -> None:
    starts_s = list(Constant(rate).starts_s(horizon_s))
    assert starts_s == [n / rate for n in range(len(starts_s))]
    assert len(starts_s) / rate >= horizon_s


@given(seeds, st.floats(0.5, 100))
def test_one_poisson_seed_is_one_plan_scaled_by_the_rate(seed: int, rate: float) -> None:
    unscaled = list(Poisson(1.0, seed).starts_s(10.0))
    assert [start_s * rate for start_s in Poisson(rate, seed).starts_s(9.9 / rate)] == pytest.approx(
        [start_s for start_s in unscaled if start_s < 9.9]
    )


@given(plans, st.floats(0, 5), st.integers(1, 7))
def test_the_union_of_the_workers_shares_is_the_plan(
    arrivals: Arrivals, horizon_s: float, workers: int
) -> None:
    shares = [list(share(arrivals.starts_s(horizon_s), index, workers)) for index in range(workers)]
    assert sorted(pair for part in shares for pair in part) == list(enumerate(arrivals.starts_s(horizon_s)))
    assert all(number % workers == index for index, part in enumerate(shares) for number, _ in part)


def test_poisson_gaps_are_exponential() -> None:
    starts_s = list(Poisson(50.0, seed=4).starts_s(400.0))
    gaps = sorted((later - earlier) * 50 for earlier, later in pairwise(starts_s))
    # Kolmogorov and Smirnov's distance from 1 − exp(−x); 1.95/√n is passed once in a thousand seeds.
    distance = max(abs((n + 1) / len(gaps) - (1 - math.exp(-gap))) for n, gap in enumerate(gaps))
    assert distance < 1.95 / math.sqrt(len(gaps))
    assert len(starts_s) == pytest.approx(20_000, abs=4 * math.sqrt(20_000))


def test_neighbouring_poisson_gaps_do_not_correlate() -> None:
    starts_s = list(Poisson(1.0, seed=7).starts_s(20_000.0))
    gaps = [later - earlier - 1 for earlier, later in pairwise(starts_s)]
    correlation = sum(a * b for a, b in pairwise(gaps)) / len(gaps)
    assert abs(correlation) < 4 / math.sqrt(len(gaps))


def test_a_seed_gives_the_same_plan_whatever_the_hash_seed() -> None:
    script = "from loadstone.arrivals import Poisson; print(list(Poisson(20.0, 9).starts_s(1.0)))"
    plans = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert plans == {f"{list(Poisson(20.0, 9).starts_s(1.0))}\n".encode()}


def test_different_seeds_give_different_plans() -> None:
    assert list(Poisson(20.0, 1).starts_s(1.0)) != list(Poisson(20.0, 2).starts_s(1.0))


def test_the_kinds_are_parsed() -> None:
    assert parse_arrivals("constant", 5.0) == Constant(5.0)
    assert parse_arrivals("poisson", 5.0, seed=3) == Poisson(5.0, 3)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.inf, math.nan])
def test_a_rate_that_is_no_positive_number_is_refused_with_its_value(rate: float) -> None:
    with pytest.raises(LoadstoneError, match=f"the rate is {rate:g} .*--rate"):
        parse_arrivals("constant", rate)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LoadstoneError, match=r"'wavy'.*constant.*poisson"):
        parse_arrivals("wavy", 1.0)
