"""The plans: even, Poisson, and sums of plans."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, count, islice, repeat, takewhile
from random import Random
from typing import Protocol

from loadstone.arrivals.rate import RateCurve


class Arrivals(Protocol):
    """The arrivals of an open workload: independent of how long any answer takes."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know about the plan: sentences."""

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the planned starts before `horizon_s`, ascending, in seconds from the start of the plan."""

    def peak_rate(self, horizon_s: float) -> float:
        """Return the highest rate before `horizon_s`, in arrivals per second."""


@dataclass(frozen=True)
class Even:
    """As many arrivals as the rate says, evenly spaced: number n is due at Λ⁻¹(n)."""

    curve: RateCurve
    warnings: tuple[str, ...] = ()

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield Λ⁻¹(0), Λ⁻¹(1), …: each from its number, so that no rounding accumulates."""
        return _before(horizon_s, self.curve.instants_s(count()))

    def peak_rate(self, horizon_s: float) -> float:
        """Return the highest rate before `horizon_s`, in arrivals per second."""
        return self.curve.peak(horizon_s)


@dataclass(frozen=True)
class Poisson:
    """As many arrivals on average, independent of each other: what many separate users make.

    Number n is due at Λ⁻¹(E₀ + … + Eₙ) with exponential E: one seed is one plan, scaled by the rate.
    """

    curve: RateCurve
    seed: int | str
    warnings: tuple[str, ...] = ()

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the planned starts before `horizon_s`, ascending, in seconds from the start of the plan."""
        gaps = map(Random(f"arrivals {self.seed}").expovariate, repeat(1.0))
        return _before(horizon_s, self.curve.instants_s(accumulate(gaps)))

    def peak_rate(self, horizon_s: float) -> float:
        """Return the highest rate before `horizon_s`, in arrivals per second."""
        return self.curve.peak(horizon_s)


@dataclass(frozen=True)
class Sum:
    """Several plans at once."""

    parts: tuple[Arrivals, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the parts warn of."""
        return tuple(warning for part in self.parts for warning in part.warnings)

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the planned starts of all parts before `horizon_s`, ascending."""
        return merge(*(part.starts_s(horizon_s) for part in self.parts))

    def peak_rate(self, horizon_s: float) -> float:
        """Return the sum of the parts' peaks: what the rate cannot exceed, even if they never coincide."""
        return math.fsum(part.peak_rate(horizon_s) for part in self.parts)


def share(starts_s: Iterable[float], index: int = 0, workers: int = 1) -> Iterator[tuple[int, float]]:
    """Return one worker's part of a plan, as (number, start in seconds): the numbers ≡ index mod workers."""
    return islice(enumerate(starts_s), index, None, workers)


def _before(horizon_s: float, starts_s: Iterator[float]) -> Iterator[float]:
    return takewhile(lambda start_s: start_s < horizon_s, starts_s)
