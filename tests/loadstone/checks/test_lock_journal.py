import pytest

from loadstone.checks.lock_journal import LockEntry, attempts_by_name


def test_attempts_are_folded_by_name_and_holder_in_the_order_of_their_ids() -> None:
    entries = [
        LockEntry(5, "v", "b", "ask", 5.0),
        LockEntry(2, "v", "a", "enter", 2.0, fence=7),
        LockEntry(1, "v", "a", "ask", 1.0),
        LockEntry(3, "v", "a", "write", 3.0, fence=7, status="processing"),
        LockEntry(4, "w", "c", "ask", 4.0),
        LockEntry(6, "v", "a", "refused_write", 6.0, fence=7, status="completed"),
        LockEntry(7, "v", "a", "leave", 7.0),
    ]
    by_name = attempts_by_name(entries)
    assert {name: [a.holder for a in attempts] for name, attempts in by_name.items()} == {
        "v": ["a", "b"],
        "w": ["c"],
    }
    first = by_name["v"][0]
    assert [w.status for w in (*first.writes, *first.refused_writes)] == ["processing", "completed"]
    assert first.holding
    assert first.holding.end_s - first.holding.start_s == pytest.approx(5.0)
    assert by_name["v"][1].holding is None


def test_a_position_is_the_fence_before_the_id_and_a_missing_entry_comes_before_all() -> None:
    (attempt,) = attempts_by_name([LockEntry(4, "v", "a", "enter", 4.0, fence=7)])["v"]
    assert attempt.position(attempt.enter, fenced=True) == (7, 4)
    assert attempt.position(attempt.enter, fenced=False) == (0, 4)
    assert attempt.position(attempt.ask, fenced=True) == (7, -1)
