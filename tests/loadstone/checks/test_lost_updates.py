from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.lost_updates import check_lost_updates
from loadstone.records.event import Event, Outcome
from tests.loadstone.checks.facts import increment


def test_every_acknowledged_increment_beyond_what_the_counter_gained_was_lost() -> None:
    result = check_lost_updates([increment("v")] * 5, before={"v": 10}, after={"v": 12})
    assert (result.violations, result.observed) == (3, 5)
    assert result.breakdown == {"lost": 3, "counted twice": 0}
    assert result.examples[0]["key"] == "v"
    assert result.examples[0]["lost"] == 3


def test_what_neither_acknowledged_nor_unanswered_increments_explain_was_counted_twice() -> None:
    facts = [increment("v"), increment("v", "indeterminate"), increment("v", "failed")]
    result = check_lost_updates(facts, before={}, after={"v": 4})
    assert result.breakdown == {"lost": 0, "counted twice": 2}
    assert result.indeterminate == 1


def test_a_counter_that_moved_without_any_increment_is_convicted() -> None:
    assert check_lost_updates([], before={"v": 1}, after={"v": 2}).violations == 1


def test_losses_of_one_key_do_not_balance_what_another_counted_twice() -> None:
    facts = [increment("a"), increment("b")]
    assert check_lost_updates(facts, before={}, after={"a": 0, "b": 2}).violations == 2


outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["ok", "failed", "indeterminate"])
facts_and_fates = st.lists(st.tuples(st.sampled_from("abc"), outcomes, st.booleans()), max_size=40)
starts = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 5))


def _run(facts: list[tuple[str, Outcome, bool]], before: dict[str, int]) -> tuple[list[Event], Counter[str]]:
    """Return the facts, and a correct system's counter: an unanswered increment counts by its fate."""
    after = Counter(before)
    for key, outcome, happened in facts:
        after[key] += outcome == "ok" or (outcome == "indeterminate" and happened)
    return [increment(key, outcome) for key, outcome, _ in facts], after


@given(facts_and_fates, starts)
def test_a_counter_that_counts_each_increment_once_is_never_convicted(
    facts: list[tuple[str, Outcome, bool]], before: dict[str, int]
) -> None:
    increments, after = _run(facts, before)
    assert check_lost_updates(increments, before, after).violations == 0


@given(facts_and_fates, starts, st.sampled_from("abc"), st.integers(1, 9))
def test_every_loss_or_gain_beyond_the_unanswered_ones_is_convicted(
    facts: list[tuple[str, Outcome, bool]], before: dict[str, int], key: str, off_by: int
) -> None:
    increments, after = _run(facts, before)
    unclear = sum(k == key and outcome == "indeterminate" for k, outcome, _ in facts)
    for error in (-off_by - unclear, off_by + unclear):
        wrong = Counter(after)
        wrong[key] += error
        assert off_by <= check_lost_updates(increments, before, wrong).violations <= off_by + unclear
