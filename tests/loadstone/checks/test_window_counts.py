from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.window_counts import (
    Allowance,
    Window,
    check_window_counts,
    overfull,
    surely_admitted,
    windows,
)
from loadstone.records.event import Event
from tests.loadstone.checks.facts import attempt

LIMIT, WINDOW_S = 4, 2.0
Decide = Callable[[float], bool]


# The limiters that the checker is tried on, each deciding at one instant. The first three keep to the limit
# in every window; the last is the fixed window that opens with the first request, which does not.
@dataclass
class Gcra:
    burst: int = LIMIT // 2
    every_s: float = WINDOW_S / (LIMIT - LIMIT // 2)
    free_at_s: float = -inf

    def __call__(self, now_s: float) -> bool:
        free_at_s = max(self.free_at_s, now_s)
        if free_at_s - now_s > (self.burst - 1) * self.every_s + 1e-9:
            return False
        self.free_at_s = free_at_s + self.every_s
        return True


class Log:
    def __init__(self) -> None:
        self.admitted_s: list[float] = []

    def __call__(self, now_s: float) -> bool:
        if sum(now_s - at_s < WINDOW_S for at_s in self.admitted_s) >= LIMIT:
            return False
        self.admitted_s.append(now_s)
        return True


class RefuseAll:
    def __call__(self, now_s: float) -> bool:
        return False


class FixedWindow:
    def __init__(self) -> None:
        self.opened_s, self.count = -inf, 0

    def __call__(self, now_s: float) -> bool:
        if now_s >= self.opened_s + WINDOW_S:
            self.opened_s, self.count = now_s, 0
        self.count += 1
        return self.count <= LIMIT


class AlignedWindow:
    def __init__(self) -> None:
        self.window, self.count = -1, 0

    def __call__(self, now_s: float) -> bool:
        if int(now_s // WINDOW_S) != self.window:
            self.window, self.count = int(now_s // WINDOW_S), 0
        self.count += 1
        return self.count <= LIMIT


GCRA_ALLOWANCE = Allowance(burst=2, more=1, every_s=1.0)
WINDOW_ALLOWANCE = Allowance(burst=LIMIT, more=LIMIT, every_s=WINDOW_S)

# Gap before the attempt, time to the decision, time to the answer: attempts overlap, decided out of order.
times = st.lists(
    st.tuples(st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.9, 3.0]), st.floats(0, 0.3), st.floats(0, 0.3)),
    max_size=40,
)
Times = list[tuple[float, float, float]]


def asked(limiter: Decide, plan: Times) -> list[Event]:
    starts_s, start_s = [], 10.0
    for gap_s, *_ in plan:
        start_s += gap_s
        starts_s.append(start_s)
    decided = sorted((s + d, i) for i, (s, (_, d, _e)) in enumerate(zip(starts_s, plan, strict=True)))
    answers = {i: limiter(instant_s) for instant_s, i in decided}
    return [
        attempt("k", answers[i], s, s + d + e)
        for i, (s, (_, d, e)) in enumerate(zip(starts_s, plan, strict=True))
    ]


def admitted(facts: list[Event]) -> list[Event]:
    return [fact for fact in facts if fact.value["admitted"]]


@pytest.mark.parametrize("limiter", [Gcra, Log])
@given(plan=times)
def test_a_limiter_that_keeps_to_the_limit_in_every_window_is_never_convicted(
    limiter: Callable[[], Decide], plan: Times
) -> None:
    assert check_window_counts(asked(limiter(), plan), LIMIT, WINDOW_S, None, []).violations == 0


@pytest.mark.parametrize(
    ("limiter", "allowance"),
    [
        (Gcra, GCRA_ALLOWANCE),
        (Log, WINDOW_ALLOWANCE),
        (FixedWindow, WINDOW_ALLOWANCE),
        (AlignedWindow, WINDOW_ALLOWANCE),
    ],
)
@given(plan=times)
def test_a_limiter_admits_at_least_what_its_allowance_surely_admits(
    limiter: Callable[[], Decide], allowance: Allowance, plan: Times
) -> None:
    facts = asked(limiter(), plan)
    assert len(admitted(facts)) >= surely_admitted(facts, allowance)


@pytest.mark.parametrize(
    ("limiter", "allowance"), [(Gcra(), GCRA_ALLOWANCE), (FixedWindow(), WINDOW_ALLOWANCE)]
)
def test_the_floor_is_sharp_for_a_caller_who_never_stops_asking(
    limiter: Decide, allowance: Allowance
) -> None:
    facts = asked(limiter, [(0.01, 0.0, 0.0)] * 2000)
    assert surely_admitted(facts, allowance) >= 0.9 * len(admitted(facts))


def test_a_limiter_that_refuses_everything_fails_the_floor() -> None:
    facts = asked(RefuseAll(), [(0.1, 0.0, 0.0)] * 20)
    result = check_window_counts(facts, LIMIT, WINDOW_S, GCRA_ALLOWANCE, ["k"])
    assert result.violations == 0
    assert not result.floor_met
    assert not result.passed


def test_a_key_that_was_not_rested_has_no_floor() -> None:
    facts = [attempt("k", True, 9.0), *asked(RefuseAll(), [(0.1, 0.0, 0.0)] * 20)]
    assert check_window_counts(facts, LIMIT, WINDOW_S, GCRA_ALLOWANCE, []).floor_met
    assert not check_window_counts(facts, LIMIT, WINDOW_S, GCRA_ALLOWANCE, ["k"]).floor_met


def test_refusals_by_a_limiter_that_limits_nothing_fail_the_floor() -> None:
    facts = asked(Log(), [(0.01, 0.0, 0.0)] * 20)
    assert not check_window_counts(facts, LIMIT, WINDOW_S, None, ["k"]).floor_met


def unclear(start_s: float, end_s: float | None = None) -> Event:
    return attempt("k", None, start_s, end_s, "indeterminate")


@pytest.mark.parametrize("before", [[], [attempt("k", True, 0.0)]])
def test_a_limiter_that_hardly_answers_fails_the_floor_though_nobody_was_refused(before: list[Event]) -> None:
    facts = [*before, *(unclear(1.0 + n) for n in range(9))]
    result = check_window_counts(facts, LIMIT, WINDOW_S, GCRA_ALLOWANCE, ["k"])
    assert (result.violations, result.indeterminate, result.floor_met) == (0, 9, False)


def test_a_limiter_that_was_never_under_pressure_meets_the_floor() -> None:
    facts = [attempt("k", True, 0.0), attempt("k", True, 9.0)]
    result = check_window_counts(facts, LIMIT, WINDOW_S, GCRA_ALLOWANCE, ["k"])
    assert (result.observed, result.floor_met) == (0, True)


def test_what_an_unclear_attempt_may_have_used_up_is_not_due() -> None:
    answered = [attempt("k", True, 0.1 * n) for n in range(3)]
    facts = [*answered, unclear(0.5), attempt("k", False, 0.6)]
    assert check_window_counts(facts, LIMIT, WINDOW_S, WINDOW_ALLOWANCE, ["k"]).floor_met


def test_an_unclear_attempt_does_not_excuse_what_was_refused_before_it() -> None:
    facts = [attempt("k", True, 0.0), *(attempt("k", False, 0.1 * n) for n in range(1, 9)), unclear(1.0)]
    result = check_window_counts(facts, LIMIT, WINDOW_S, WINDOW_ALLOWANCE, ["k"])
    assert result.measures["surely_due_under_refusals"] == LIMIT
    assert not result.floor_met


@pytest.mark.parametrize(
    ("limiter", "allowance"),
    [
        (Gcra, GCRA_ALLOWANCE),
        (Log, WINDOW_ALLOWANCE),
        (FixedWindow, WINDOW_ALLOWANCE),
        (AlignedWindow, WINDOW_ALLOWANCE),
    ],
)
@given(plan=times, lost=st.sets(st.integers(0, 39)))
def test_a_limiter_whose_answers_get_lost_admits_what_is_due(
    limiter: Callable[[], Decide], allowance: Allowance, plan: Times, lost: set[int]
) -> None:
    answered = asked(limiter(), plan)
    facts = [unclear(a.start_s, a.end_s) if n in lost else a for n, a in enumerate(answered)]
    measures = check_window_counts(facts, LIMIT, WINDOW_S, allowance, ["k"]).measures
    assert measures["admitted_under_refusals"] >= measures["surely_due_under_refusals"]


def test_a_window_that_opens_with_the_first_request_admits_twice_the_limit_around_its_end() -> None:
    limiter = FixedWindow()
    plan = [(0.0, 0.0, 0.0), (1.9, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.15, 0.0, 0.0)] + [
        (0.0, 0.0, 0.0)
    ] * 3
    result = check_window_counts(asked(limiter, plan), LIMIT, WINDOW_S, WINDOW_ALLOWANCE, ["k"])
    assert result.violations == 3
    assert result.observed == 7
    assert result.floor_met
    assert result.examples[0]["admitted"] == 7
    assert result.measures["largest_window"] == 7


@given(st.integers(1, 30))
def test_without_any_limit_all_beyond_the_limit_of_one_burst_is_excess(beyond: int) -> None:
    facts = [attempt("k", True, 0.001 * i, 0.001 * i + 0.01) for i in range(LIMIT + beyond)]
    assert check_window_counts(facts, LIMIT, WINDOW_S, None, []).violations == beyond


def test_an_answer_too_slow_to_tell_never_convicts() -> None:
    facts = [attempt("k", True, 0.0, WINDOW_S) for _ in range(LIMIT * 2)]
    assert check_window_counts(facts, LIMIT, WINDOW_S, None, []).violations == 0


def test_an_admission_in_a_window_that_surely_saw_a_refusal_is_observed() -> None:
    facts = [attempt("k", True, 0.0, 0.1), attempt("k", True, 5.0, 5.1), attempt("k", False, 6.0, 6.1)]
    assert check_window_counts(facts, LIMIT, WINDOW_S, None, []).observed == 1


intervals = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=25)


@given(intervals)
def test_each_window_counts_what_the_definition_counts(spans: list[tuple[int, int]]) -> None:
    facts = sorted((attempt("k", True, s, s + d) for s, d in spans), key=lambda a: a.start_s)
    counts: dict[float, int] = {}
    for window in windows(facts, 5.0):
        counts[window.start_s] = max(window.count, counts.get(window.start_s, 0))
    for start_s, count in counts.items():
        assert count == sum(a.start_s >= start_s and a.end_s < start_s + 5.0 for a in facts)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=9))
def test_the_overfull_windows_are_the_best_choice_of_disjoint_ones(spans: list[tuple[int, int]]) -> None:
    found = sorted((Window(s, n) for s, n in spans), key=lambda w: w.start_s)
    choices = [[w for i, w in enumerate(found) if mask >> i & 1] for mask in range(1 << len(found))]
    disjoint = [c for c in choices if all(b.start_s - a.start_s >= 5 for a, b in pairwise(c))]
    best = max(sum(w.count - LIMIT for w in choice) for choice in disjoint)
    chosen = overfull(found, LIMIT, 5.0)
    assert chosen in disjoint
    assert sum(w.count - LIMIT for w in chosen) == best


@given(plan=times)
def test_no_more_violations_than_observed_admissions(plan: Times) -> None:
    facts = asked(FixedWindow(), plan)
    result = check_window_counts(facts, LIMIT, WINDOW_S, WINDOW_ALLOWANCE, ["k"])
    assert result.violations <= result.observed <= len(admitted(facts))
