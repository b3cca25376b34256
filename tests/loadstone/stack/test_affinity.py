import os
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from loadstone.stack.affinity import pinned_to, split_cores


@given(st.integers(1, 300), st.sets(st.integers(0, 255), min_size=2))
def test_with_two_cores_or_more_generators_and_system_share_none(generators: int, allowed: set[int]) -> None:
    cores = split_cores(generators, allowed)
    assert cores.generator | cores.system == allowed
    assert not cores.shared
    assert cores.system
    assert len(cores.generator) == min(generators, len(allowed) - 1)
    assert cores.crowded == (generators > len(allowed) - 1)


def test_a_single_core_is_shared() -> None:
    cores = split_cores(1, {7})
    assert cores.generator == cores.system == {7}
    assert not cores.crowded
    assert cores.shared


def test_unless_told_it_splits_what_this_process_may_use() -> None:
    cores = split_cores()
    assert cores.generator | cores.system == os.sched_getaffinity(0)


def test_pinning_ends_with_its_context_even_in_failure() -> None:
    before = os.sched_getaffinity(0)
    inside: list[set[int]] = []
    with suppress(ZeroDivisionError), pinned_to({min(before)}):
        inside.append(os.sched_getaffinity(0))
        raise ZeroDivisionError
    assert inside == [{min(before)}]
    assert os.sched_getaffinity(0) == before


def test_pinning_to_none_changes_nothing() -> None:
    before = os.sched_getaffinity(0)
    with pinned_to(None):
        assert os.sched_getaffinity(0) == before
