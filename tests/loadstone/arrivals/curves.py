"""Rates that change, and how many arrivals they mean, found another way than the package finds it."""

from itertools import pairwise

from hypothesis import strategies as st

from loadstone.arrivals.rate import RateCurve, constant, ramp, spike, steps

_rates = st.one_of(st.just(0.0), st.floats(0.01, 200))
_positive_rates = st.floats(0.01, 200)
_instants_s = st.floats(0, 15)
_lengths_s = st.floats(0.1, 15)

shapes = st.one_of(
    st.builds(constant, _positive_rates),
    st.builds(ramp, _rates, _rates, _lengths_s),
    st.builds(spike, _rates, _rates, _instants_s, _lengths_s),
    st.builds(steps, st.lists(st.tuples(_instants_s, _rates), min_size=1, unique_by=lambda step: step[0])),
)
curves = st.builds(RateCurve.after, shapes, st.floats(0, 5))


def expected_count(curve: RateCurve, from_s: float, to_s: float) -> float:
    """Return ∫λ from one instant to the other, by the trapezoids between the corners."""
    corners_s = [segment.from_s for segment in curve.segments[1:] if from_s < segment.from_s < to_s]
    instants_s = [from_s, *corners_s, to_s]
    return sum(
        (rate_at(curve, one_s) + rate_at(curve, one_s, to=other_s)) / 2 * (other_s - one_s)
        for one_s, other_s in pairwise(instants_s)
    )


def rate_at(curve: RateCurve, at_s: float, to: float | None = None) -> float:
    """Return λ at an instant; with `to`, at that later instant by the line that holds at `at_s`."""
    segment = [segment for segment in curve.segments if segment.from_s <= at_s][-1]
    return segment.rate + segment.slope * ((at_s if to is None else to) - segment.from_s)


def instant_s(curve: RateCurve, mass: float) -> float:
    """Return when the integral reaches `mass`."""
    return next(curve.instants_s([mass]))
