from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.examples import EXAMPLES_KEPT
from loadstone.checks.staleness import check_staleness
from loadstone.records.event import Event
from tests.loadstone.checks.facts import read, update

BOUND_S = 1.0


def test_a_read_that_began_within_the_bound_of_the_acknowledgement_is_no_violation() -> None:
    updates = [update("k", 2, "b", 0.0, 1.0)]
    result = check_staleness([read("k", 1, "a", 2.0, 9.0)], updates, BOUND_S)
    assert (result.violations, result.observed) == (0, 1)


def test_a_read_that_began_later_than_the_bound_is_stale_and_says_how_old_it_was() -> None:
    updates = [update("k", 2, "b", 0.0, 1.0), update("k", 3, "c", 3.0, 4.0)]
    result = check_staleness([read("k", 1, "a", 4.5, 4.6)], updates, BOUND_S)
    assert result.violations == 1
    assert result.breakdown == {"stale": 1, "never written": 0}
    example = result.examples[0]
    assert (example["key"], example["version"], example["newest_acknowledged"]) == ("k", 1, 3)
    assert example["age_s"] == pytest.approx(3.5)
    assert result.measures["age_max_s"] == pytest.approx(3.5)


def test_a_read_that_began_before_the_acknowledgement_is_not_even_observed() -> None:
    result = check_staleness([read("k", 1, "a", 0.5, 9.0)], [update("k", 2, "b", 0.0, 1.0)], BOUND_S)
    assert (result.violations, result.observed) == (0, 0)


def test_a_later_version_acknowledged_first_counts_from_its_own_acknowledgement() -> None:
    updates = [update("k", 2, "b", 0.0, 5.0), update("k", 3, "c", 0.5, 1.0)]
    result = check_staleness([read("k", 1, "a", 2.5, 2.6)], updates, BOUND_S)
    assert result.violations == 1


@pytest.mark.parametrize(("version", "content"), [(2, "x"), (3, "x"), (9, "b")])
def test_a_body_that_no_update_wrote_is_a_violation(version: int, content: str) -> None:
    updates = [update("k", 2, "b", 0.0, 1.0)]
    result = check_staleness([read("k", version, content, 1.5, 1.6)], updates, BOUND_S)
    assert result.breakdown == {"stale": 0, "never written": 1}


def test_a_body_of_an_update_without_an_answer_is_no_violation_and_the_update_is_indeterminate() -> None:
    updates = [update("k", 2, "b", 0.0, 1.0), update("k", 0, "c", 1.1, 1.2, "indeterminate")]
    result = check_staleness([read("k", 3, "c", 1.5, 1.6)], updates, BOUND_S)
    assert (result.violations, result.indeterminate) == (0, 1)


def test_only_the_first_violations_are_kept_as_examples() -> None:
    reads = [read("k", 1, "a", 5.0 + i, 6.0 + i) for i in range(25)]
    result = check_staleness(reads, [update("k", 2, "b", 0.0, 1.0)], BOUND_S)
    assert result.violations == 25
    assert [e["read_at_s"] for e in result.examples] == [5.0 + i for i in range(EXAMPLES_KEPT)]


# A simulated register: updates one after another, each committed at an instant within its request; a read
# asks for the state at an instant within its own request, as old as `age_s` lets it be.
Register = tuple[list[Event], Callable[[float, float], tuple[int, str]]]


@st.composite
def registers(draw: st.DrawFn) -> Register:
    steps = draw(st.lists(st.tuples(*[st.floats(0.01, 1.0)] * 3, st.booleans()), min_size=1, max_size=12))
    at_s, commits, updates = 0.0, [(-1.0, 1, "seed")], []
    for n, (before_s, inside_s, after_s, answered) in enumerate(steps, start=2):
        start_s, commit_s = at_s, at_s + before_s
        at_s = commit_s + inside_s
        commits.append((commit_s, n, f"content {n}"))
        updates.append(update("k", n, f"content {n}", start_s, at_s, "ok" if answered else "indeterminate"))
        at_s += after_s

    def state(instant_s: float, age_s: float) -> tuple[int, str]:
        return next((v, c) for t, v, c in reversed(commits) if t <= instant_s - age_s or v == 1)

    return updates, state


read_times = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 1), st.floats(0, 1), st.floats(0, BOUND_S)), max_size=30
)


@given(registers(), read_times)
def test_a_system_that_serves_nothing_older_than_the_bound_is_never_convicted(
    register: Register, times: list[tuple[float, float, float, float]]
) -> None:
    updates, state = register
    reads = [read("k", *state(s + d, age), s, s + d + e) for s, d, e, age in times]
    assert check_staleness(reads, updates, BOUND_S + 1e-6).violations == 0


@given(registers(), st.floats(1.1, 5.0))
def test_a_system_that_serves_the_first_body_for_ever_is_convicted(
    register: Register, later_s: float
) -> None:
    updates, _ = register
    acknowledged = [u for u in updates if u.outcome == "ok"]
    reads = [read("k", 1, "seed", u.end_s + later_s, u.end_s + later_s) for u in acknowledged]
    assert check_staleness(reads, updates, BOUND_S).violations == len(acknowledged)


small = st.integers(0, 6)


@given(
    st.lists(st.tuples(small, small, small), max_size=8), st.lists(st.tuples(small, small, small), max_size=8)
)
def test_the_verdict_on_every_read_is_that_of_the_definition(
    written: list[tuple[int, int, int]], seen: list[tuple[int, int, int]]
) -> None:
    updates = [update("k", v, f"{v}", s, s + d) for v, s, d in written]
    reads = [read("k", v, f"{v}", s, s + d) for v, s, d in seen]
    observed = [r for r in reads if any(r.start_s > u.end_s for u in updates)]
    stale = [
        r
        for r in observed
        if any(u.value["version"] > r.value["version"] and r.start_s - u.end_s > BOUND_S for u in updates)
    ]
    versions = [u.value["version"] for u in updates]
    invented = [
        r for r in observed if r.value["version"] > min(versions) and r.value["version"] not in versions
    ]
    result = check_staleness(reads, updates, BOUND_S)
    assert result.observed == len(observed)
    assert result.violations == len({id(r) for r in [*stale, *invented]})
