"""A rate of arrivals that changes over time, and the instants at which a number of arrivals is reached.

λ(t) is linear between its corners, so Λ(t) = ∫λ is quadratic there and has an exact inverse: Λ⁻¹(n) is when
arrival n is due. (The same inversion drives k6's ramping-arrival-rate executor.)
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """From `from_s` on the rate is `rate` per second and changes by `slope` per second, each second."""

    from_s: float
    rate: float
    slope: float = 0.0

    def rate_at(self, at_s: float) -> float:
        """Return λ at an instant of this segment."""
        return self.rate + self.slope * (at_s - self.from_s)

    def mass_until(self, at_s: float) -> float:
        """Return ∫λ from the segment's beginning to an instant of it: a number of arrivals."""
        length_s = at_s - self.from_s
        return (self.rate + self.slope * length_s / 2) * length_s

    def instant_s(self, mass: float) -> float:
        """Return when ∫λ from the segment's beginning reaches `mass`; infinite when it never does."""
        if not self.slope:
            return self.from_s + mass / self.rate if self.rate else math.inf
        # The form of the quadratic's root that does not cancel.
        divisor = self.rate + math.sqrt(max(0.0, self.rate * self.rate + 2 * self.slope * mass))
        return self.from_s + 2 * mass / divisor if divisor else self.from_s


@dataclass(frozen=True)
class RateCurve:
    """λ(t) from 0 on, without end: a segment lasts until the next one begins, the last one for ever."""

    segments: tuple[Segment, ...]

    def instants_s(self, masses: Iterable[float]) -> Iterator[float]:
        """Yield Λ⁻¹ of ascending masses: when each is reached; infinite when it never is.

        Λ⁻¹ is the last instant at which Λ is not above the mass, so that no arrival falls into a time without
        any: it is due when the rate rises again. All at once, since every worker does it for the whole plan:
        0.3 µs an arrival, where looking the segment up for each took 1.1.
        """
        pieces = zip(self.segments, self._masses, (*self._masses[1:], math.inf), self._ends_s, strict=True)
        segment, before, above, end_s = next(pieces)
        for mass in masses:
            while mass >= above:
                segment, before, above, end_s = next(pieces)
            at_s = segment.instant_s(mass - before)
            yield at_s if at_s < end_s else end_s  # rounding must not carry it into the next segment

    def peak(self, horizon_s: float) -> float:
        """Return the highest λ before `horizon_s`, in arrivals per second."""
        return max(
            max(segment.rate, segment.rate_at(min(end_s, horizon_s)) if segment.slope else 0.0)
            for segment, end_s in zip(self.segments, self._ends_s, strict=True)
            if segment.from_s < horizon_s
        )

    def after(self, warm_up_s: float) -> "RateCurve":
        """Return the curve beginning `warm_up_s` later; until then λ is what it begins with."""
        first, *rest = self.segments
        later = self.segments if first.slope else rest
        moved = (replace(segment, from_s=segment.from_s + warm_up_s) for segment in later)
        return RateCurve((replace(first, slope=0.0), *moved))

    @cached_property
    def _masses(self) -> tuple[float, ...]:
        """Λ at the beginning of each segment."""
        masses = (one.mass_until(other.from_s) for one, other in pairwise(self.segments))
        return tuple(accumulate(masses, initial=0.0))

    @cached_property
    def _ends_s(self) -> tuple[float, ...]:
        return (*(segment.from_s for segment in self.segments[1:]), math.inf)


def constant(rate: float) -> RateCurve:
    """Return λ(t) = `rate`."""
    return RateCurve((Segment(0.0, rate),))


def ramp(from_rate: float, to_rate: float, length_s: float) -> RateCurve:
    """Return a λ that goes straight from one rate to the other within `length_s`, and stays there."""
    slope = (to_rate - from_rate) / length_s
    return RateCurve((Segment(0.0, from_rate, slope), Segment(length_s, to_rate)))


def steps(rates: Sequence[tuple[float, float]]) -> RateCurve:
    """Return a λ that jumps to a rate at an instant, by pairs (instant, rate); it is 0 before the first."""
    ascending = sorted(rates)
    start = [] if ascending[0][0] == 0 else [Segment(0.0, 0.0)]
    return RateCurve((*start, *(Segment(at_s, rate) for at_s, rate in ascending)))


def spike(base: float, peak: float, at_s: float, length_s: float) -> RateCurve:
    """Return a λ of `base`, but `peak` from `at_s` on for `length_s`."""
    return RateCurve((Segment(0.0, base), Segment(at_s, peak), Segment(at_s + length_s, base)))
