import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.arrivals.rate import RateCurve, constant, ramp, spike, steps
from tests.loadstone.arrivals.curves import curves, expected_count, instant_s, rate_at


@given(curves, st.floats(0, 5000))
def test_the_inverse_is_when_the_integral_reaches_the_mass(curve: RateCurve, mass: float) -> None:
    at_s = instant_s(curve, mass)
    if at_s == math.inf:
        assert expected_count(curve, 0.0, 1e6) <= mass + 1e-6
    else:
        assert expected_count(curve, 0.0, at_s) == pytest.approx(mass, rel=1e-9, abs=1e-6)


@given(curves, st.floats(0, 1000), st.floats(0, 1000))
def test_the_inverse_ascends(curve: RateCurve, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert instant_s(curve, low) <= instant_s(curve, high) + 1e-9


@given(curves, st.floats(0.1, 20), st.floats(0, 1))
def test_no_instant_before_the_horizon_exceeds_the_peak(
    curve: RateCurve, horizon_s: float, part: float
) -> None:
    assert rate_at(curve, part * horizon_s * 0.999) <= curve.peak(horizon_s) + 1e-9


@pytest.mark.parametrize(
    ("curve", "rates"),
    [
        (constant(7.0), [7.0, 7.0, 7.0, 7.0]),
        (ramp(0.0, 30.0, 3.0), [0.0, 10.0, 20.0, 30.0]),
        (ramp(30.0, 0.0, 3.0), [30.0, 20.0, 10.0, 0.0]),
        (steps([(1.0, 5.0), (2.0, 0.0)]), [0.0, 5.0, 0.0, 0.0]),
        (steps([(0.0, 5.0), (2.0, 8.0)]), [5.0, 5.0, 8.0, 8.0]),
        (spike(1.0, 9.0, 1.0, 2.0), [1.0, 9.0, 9.0, 1.0]),
        (spike(1.0, 9.0, 0.0, 2.0), [9.0, 9.0, 1.0, 1.0]),
    ],
)
def test_the_shapes_have_their_rates(curve: RateCurve, rates: list[float]) -> None:
    assert [rate_at(curve, at_s) for at_s in (0.0, 1.0, 2.0, 3.0)] == pytest.approx(rates)


def test_a_warm_up_holds_the_rate_that_the_shape_begins_with() -> None:
    curve = ramp(10.0, 40.0, 3.0).after(5.0)
    assert [rate_at(curve, at_s) for at_s in (0.0, 4.9, 5.0, 6.0, 8.0, 9.0)] == pytest.approx(
        [10, 10, 10, 20, 40, 40]
    )


def test_a_warm_up_changes_nothing_of_a_constant_rate() -> None:
    assert constant(7.0).after(5.0) == constant(7.0)
