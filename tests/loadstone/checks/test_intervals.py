import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.intervals import Interval, Overlaps, count_overlaps

spans = st.lists(
    st.builds(
        lambda start, length, key: Interval(start, start + length, key),
        st.integers(0, 20),
        st.integers(1, 8),
        st.sampled_from("ab"),
    ),
    max_size=20,
)


def test_no_interval_overlaps_nothing() -> None:
    assert count_overlaps([]) == Overlaps()


def test_intervals_that_touch_do_not_overlap() -> None:
    assert count_overlaps([Interval(0, 1, "a"), Interval(1, 2, "a")]).pairs == 0


@given(spans)
def test_pairs_and_longest_stretch_are_those_of_every_pair_compared(intervals: list[Interval]) -> None:
    shared = [
        min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
        for i, a in enumerate(intervals)
        for b in intervals[i + 1 :]
        if a.key == b.key
    ]
    positive = [stretch for stretch in shared if stretch > 0]
    found = count_overlaps(intervals)
    assert found.pairs == len(positive)
    assert found.longest_s == pytest.approx(max(positive, default=0.0))
