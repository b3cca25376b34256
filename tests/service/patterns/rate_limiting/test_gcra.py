"""The script itself, run in a real server with a clock of the test's own, against a model of few lines."""

import uuid
from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis import Redis

from loadstone.stack.redis import RedisServer
from service.patterns.rate_limiting import Rule
from service.patterns.rate_limiting.gcra import Shape, shape_of

CLOCK, FAKE_CLOCK = "redis.call('TIME')", "{ARGV[3], ARGV[4]}"
START_US = 1_800_000_000_000_000
Answer = tuple[bool, int, int]
Decide = Callable[[str, Shape, int], Answer]

rules = st.builds(Rule, st.integers(1, 30), st.floats(1000, 100_000))  # real time does not count beside these
# Instants of asking, in hundredths of a window from one to the next.
gaps = st.lists(st.sampled_from([0, 0, 0, 1, 2, 5, 10, 25, 50, 99, 100, 101, 250]), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def decide(redis_server: RedisServer) -> Iterator[Decide]:
    """The script with the instant as an argument."""
    text = (files("service.patterns.rate_limiting") / "lua" / "gcra.lua").read_text()
    assert text.count(CLOCK) == 1
    with Redis.from_url(redis_server.url) as redis:
        script = redis.register_script(text.replace(CLOCK, FAKE_CLOCK))

        def decide(key: str, shape: Shape, now_us: int) -> Answer:
            arguments = (shape.interval_us, shape.burst, *divmod(now_us, 1_000_000))
            allowed, remaining, retry_after_us = script(keys=[key], args=arguments)
            return bool(allowed), remaining, retry_after_us

        yield decide


class Model:
    """A bucket that holds `burst` tokens and gets one every interval; tokens are counted in microseconds."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._level_us = shape.burst * shape.interval_us
        self._at_us = START_US

    def decide(self, now_us: int) -> Answer:
        interval_us, full_us = self._shape.interval_us, self._shape.burst * self._shape.interval_us
        self._level_us = min(full_us, self._level_us + now_us - self._at_us)
        self._at_us = now_us
        if self._level_us < interval_us:
            return False, 0, interval_us - self._level_us
        self._level_us -= interval_us
        return True, self._level_us // interval_us, 0


def instants_us(rule: Rule, gaps: list[int]) -> Iterator[int]:
    now_us = START_US
    for gap in gaps:
        now_us += int(gap * rule.window_s * 10_000)
        yield now_us


@settings(max_examples=200, deadline=None)
@given(rules, gaps)
@example(Rule(1, 1000.0), [0, 99, 1, 99, 1])
@example(Rule(20, 1000.0), [0] * 30 + [100] + [0] * 30)
def test_it_decides_as_the_model_and_never_admits_more_than_the_limit_in_a_window(
    decide: Decide, rule: Rule, gaps: list[int]
) -> None:
    key, shape, admitted_us = uuid.uuid4().hex, shape_of(rule), []
    model = Model(shape)
    for now_us in instants_us(rule, gaps):
        answer = decide(key, shape, now_us)
        assert answer == model.decide(now_us)
        if answer[0]:
            admitted_us.append(now_us)
    windows = zip(admitted_us, admitted_us[rule.limit :], strict=False)
    assert all(later - first >= rule.window_s * 1e6 for first, later in windows)


@given(rules, st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_retry_after_is_exact_and_a_refusal_costs_nothing(decide: Decide, rule: Rule, refused: int) -> None:
    key, shape = uuid.uuid4().hex, shape_of(rule)
    for _ in range(shape.burst):
        assert decide(key, shape, START_US)[0]
    _, _, retry_after_us = decide(key, shape, START_US)
    for _ in range(refused):
        assert not decide(key, shape, START_US + retry_after_us - 1)[0]
    assert decide(key, shape, START_US + retry_after_us)[0]


@given(st.integers(1, 10_000), st.floats(0.001, 1e6))
def test_burst_and_stream_together_keep_the_rule(limit: int, window_s: float) -> None:
    shape = shape_of(Rule(limit, window_s))
    window_us = window_s * 1e6
    in_a_window = shape.burst + -(-window_us // shape.interval_us) - 1  # a window does not hold both its ends
    assert in_a_window <= limit
    assert limit / 2 <= shape.burst <= limit


@given(st.integers(2, 100), st.floats(1.0, 1e6))
def test_about_the_limit_is_admitted_in_a_window_of_asking(limit: int, window_s: float) -> None:
    shape = shape_of(Rule(limit, window_s))
    assert shape.burst + window_s * 1e6 // shape.interval_us >= limit - 1


def test_the_model_is_a_bucket() -> None:
    model = Model(Shape(burst=2, interval_us=10))
    answers = [model.decide(START_US + at_us) for at_us in (0, 0, 0, 5, 10, 1000, 1000)]
    assert answers == [
        (True, 1, 0),
        (True, 0, 0),
        (False, 0, 10),
        (False, 0, 5),
        (True, 0, 0),
        (True, 1, 0),
        (True, 0, 0),
    ]
