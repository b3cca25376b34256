import math
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.arrivals import Even, Poisson, RateMeaning, Sum, parse_arrivals, rate_meaning, replayed_files
from loadstone.arrivals.parse import EXAMPLES
from loadstone.arrivals.rate import constant, ramp, spike, steps
from loadstone.errors import LoadstoneError

DURATION_S = 60.0
PLANS = {
    "constant:50": Even(constant(50.0)),
    "poisson:2.5": Poisson(constant(2.5), 3),
    "ramp:0-200": Even(ramp(0.0, 200.0, DURATION_S).after(0.0)),
    "steps:50@0s,0@500ms,200@0.5m": Even(steps([(0.0, 50.0), (0.5, 0.0), (30.0, 200.0)])),
    "steps: 50 @ 1 , 100 @ 2": Even(steps([(1.0, 50.0), (2.0, 100.0)])),
    "spike:10,500@20s+5s": Even(spike(10.0, 500.0, 20.0, 5.0)),
    "poisson:ramp:10-20": Poisson(ramp(10.0, 20.0, DURATION_S).after(0.0), 3),
    "poisson:steps:50@0s": Poisson(steps([(0.0, 50.0)]), 3),
    "poisson:spike:10,500@20s+5s": Poisson(spike(10.0, 500.0, 20.0, 5.0), 3),
    "poisson:constant:5": Poisson(constant(5.0), 3),
    "poisson:20 + spike:0,200@10s+5s + poisson:1": Sum(
        (
            Poisson(constant(20.0), 3),
            Even(spike(0.0, 200.0, 10.0, 5.0)),
            Poisson(constant(1.0), "3 part 2"),
        )
    ),
}


@pytest.mark.parametrize("spec", PLANS)
def test_a_plan_is_what_its_words_say(spec: str) -> None:
    assert parse_arrivals(spec, 0.0, 3, duration_s=DURATION_S) == PLANS[spec]
    assert rate_meaning(spec) == RateMeaning.NOTHING


def test_constant_and_poisson_take_the_rate_that_is_given_apart() -> None:
    assert parse_arrivals("constant", 5.0) == Even(constant(5.0))
    assert parse_arrivals("poisson", 5.0, seed=3) == Poisson(constant(5.0), 3)
    assert rate_meaning("poisson") == rate_meaning("constant + ramp:1-2") == RateMeaning.ARRIVALS


def test_a_replay_takes_the_rate_as_its_speed(tmp_path: Path) -> None:
    path = tmp_path / "offsets.csv"
    path.write_text("1\n2\n")
    spec = f"replay:{path}"
    assert rate_meaning(spec) == RateMeaning.SPEED
    assert list(parse_arrivals(spec, 0.0).starts_s(math.inf)) == [1.0, 2.0]
    assert list(parse_arrivals(spec, 2.0).starts_s(math.inf)) == [0.5, 1.0]


def test_the_times_of_a_shape_count_from_the_end_of_the_warm_up_and_a_replay_s_do_not(tmp_path: Path) -> None:
    path = tmp_path / "offsets.csv"
    path.write_text("1\n12\n")
    spec = f"steps:0@0s,1@2s + replay:{path}"
    plan = parse_arrivals(spec, 0.0, warm_up_s=10.0, duration_s=5.0)
    assert list(plan.starts_s(15.0)) == [1.0, 12.0, 12.0, 13.0, 14.0]


def test_two_summands_of_one_rate_are_drawn_apart() -> None:
    plan = parse_arrivals("poisson:20 + poisson:20", 0.0)
    assert isinstance(plan, Sum)
    one, other = (list(part.starts_s(2.0)) for part in plan.parts)
    assert not set(one) & set(other)


def test_warnings_of_a_replay_reach_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "offsets.csv"
    path.write_text("1\nsoon\n")
    for spec in (f"replay:{path}", f"constant:1 + replay:{path}"):
        assert parse_arrivals(spec, 0.0).warnings == (
            f"1 line of {path} without a time left out of the replay.",
        )


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e7, math.inf, math.nan])
def test_a_rate_that_is_no_positive_number_is_refused_with_its_value(rate: float) -> None:
    words = re.escape(f"--rate is {rate:g} arrivals per second for --arrivals 'constant'")
    with pytest.raises(LoadstoneError, match=words + ".*--rate 100"):
        parse_arrivals("constant", rate)


@pytest.mark.parametrize("rate", [-1.0, math.inf, math.nan])
def test_a_speed_that_is_no_positive_number_is_refused(rate: float) -> None:
    with pytest.raises(LoadstoneError, match=f"--rate is {rate:g} speed-up factor"):
        parse_arrivals("replay:nowhere.csv", rate)


@pytest.mark.parametrize(
    "spec", ["ramp:1-2", "steps:1@0s", "spike:1,2@1s+1s", "poisson:5", "constant:5 + ramp:1-2"]
)
def test_a_rate_beside_a_plan_that_has_its_own_is_refused(spec: str) -> None:
    with pytest.raises(LoadstoneError, match=r"has rates of its own.*Leave out --rate 7"):
        parse_arrivals(spec, 7.0, duration_s=DURATION_S)


@pytest.mark.parametrize("spec", ["constant + poisson", "poisson + replay:a.csv"])
def test_a_rate_with_two_meanings_is_refused(spec: str) -> None:
    with pytest.raises(LoadstoneError, match=r"more than one meaning.*constant:50"):
        rate_meaning(spec)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("wavy", "called 'wavy'.*constant.*poisson.*ramp.*steps.*spike.*replay"),
        ("", "called ''"),
        ("constant:5 +", r"'constant:5 \+': '5 \+' is no rate"),
        ("constant:5+ramp:1-2", "'5.ramp:1-2' is no rate"),
        ("constant:0", "its rate is 0.*constant:50"),
        ("constant:-5", "'-5' is no rate.*constant:50"),
        ("poisson:many", "'many' is no rate"),
        ("poisson:poisson:5", "called 'poisson:poisson:5'"),
        ("poisson:replay:a.csv", "not drawn.*replay:access.log"),
        ("ramp:10", "'' is no rate.*ramp:10-200"),
        ("ramp:-1-5", "is no rate"),
        ("steps:50", "'' is no time.*steps:50@0s"),
        ("steps:50@soon", "'soon' is no time"),
        ("steps:50@10s,100@10s", "10s does not come after the one before it"),
        ("steps:50@0s,100@60s", "60s is not within the duration of 60 s"),
        ("steps:0@0s,0@5s", "its rate is 0 throughout"),
        ("ramp:0-0 + constant:5", "'ramp:0-0': its rate is 0 throughout.*ramp:10-200"),
        ("spike:1@10s+5s", "'' is no rate.*spike:50,500@20s.5s"),
        ("spike:1,5@10s", "'' is no time"),
        ("spike:1,5@10s+0s", "no length"),
        ("spike:1,5@2m+5s", "2m is not within"),
        ("replay:nowhere.csv", "nowhere.csv cannot be read"),
        ("constant:5 + ramp:1", "'ramp:1'"),
        ("constant:" + "9" * 400, "inf is above the highest rate, 1,000,000"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_the_part_the_value_and_an_example(
    spec: str, words: str
) -> None:
    with pytest.raises(LoadstoneError, match=words):
        parse_arrivals(spec, 0.0, duration_s=DURATION_S)


@given(st.text("0123456789.:@,+- ms"), st.sampled_from([*EXAMPLES, "poisson:ramp", ""]))
def test_any_words_are_a_plan_or_refused(detail: str, kind: str) -> None:
    with suppress(LoadstoneError):
        plan = parse_arrivals(f"{kind}:{detail}", 0.0, duration_s=DURATION_S)
        assert 0 < plan.peak_rate(DURATION_S) <= 1e6


def test_a_ramp_without_an_end_is_refused() -> None:
    with pytest.raises(LoadstoneError, match="'ramp:1-2': a ramp needs an end"):
        parse_arrivals("ramp:1-2", 0.0)


def test_a_replay_that_is_over_before_the_warm_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "offsets.csv"
    path.write_text("1\n2\n")
    with pytest.raises(LoadstoneError, match=r"no arrival in the 5 s .*first is at 1 s.*--warm-up"):
        parse_arrivals(f"replay:{path}", 0.0, warm_up_s=5.0, duration_s=5.0)


def test_the_recordings_of_a_sum_are_named() -> None:
    spec = "replay:logs/a.csv + constant:5 + replay:b+c.log"
    assert replayed_files(spec) == ["logs/a.csv", "b+c.log"]
    assert replayed_files("poisson") == []
