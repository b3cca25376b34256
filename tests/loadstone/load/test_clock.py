from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from loadstone.load.clock import ClockOffset, measure_offset

delays_s = st.floats(0, 10, allow_nan=False)


class TwoMachines:
    """A clock here and one there, `offset_s` apart, and a network whose delays are given."""

    def __init__(self, offset_s: float, delays_s: list[tuple[float, float]]) -> None:
        self._now_s = 1000.0
        self._offset_s = offset_s
        self._delays_s: Iterator[tuple[float, float]] = iter(delays_s)

    def clock(self) -> float:
        return self._now_s

    def ask(self) -> float:
        there_s, back_s = next(self._delays_s)
        self._now_s += there_s
        answer_s = self._now_s + self._offset_s
        self._now_s += back_s
        return answer_s


@given(st.floats(-1e6, 1e6), st.lists(st.tuples(delays_s, delays_s), min_size=1, max_size=8))
def test_the_error_is_at_most_the_uncertainty_which_is_half_the_shortest_round_trip(
    offset_s: float, delays: list[tuple[float, float]]
) -> None:
    machines = TwoMachines(offset_s, delays)
    found = measure_offset(machines.ask, machines.clock, len(delays))
    rounding_s = 1e-6  # of floats as large as these instants
    assert abs(found.offset_s - offset_s) <= found.uncertainty_s + rounding_s
    assert abs(found.uncertainty_s - min(map(sum, delays)) / 2) <= rounding_s


def test_equal_ways_there_and_back_leave_no_error() -> None:
    machines = TwoMachines(50.0, [(0.25, 0.25), (0.125, 0.125)])
    assert measure_offset(machines.ask, machines.clock, 2) == ClockOffset(50.0, 0.125)


def test_more_than_five_milliseconds_are_not_tolerable() -> None:
    assert ClockOffset(3.0, 0.005).tolerable
    assert not ClockOffset(3.0, 0.0051).tolerable
