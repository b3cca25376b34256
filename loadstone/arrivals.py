"""When requests are due: pure functions of the plan and the seed.

Every worker derives the same plan and takes its `share`, so the union is exactly the plan and nothing needs
to be coordinated. A seed gives the same instants in every process.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice, takewhile
from random import Random
from typing import Protocol

from loadstone.errors import LoadstoneError


class Arrivals(Protocol):
    """The arrivals of an open workload: independent of how long any answer takes.

    A rate λ(t) that varies joins by inverting Λ(t) = ∫λ: arrival n of an even plan is due at Λ⁻¹(n), and
    of a Poisson plan at Λ⁻¹(E₀ + … + Eₙ) with exponential E. For a constant rate Λ⁻¹(x) is x / rate.
    """

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the planned starts before `horizon_s`, ascending, in seconds from the start of the plan."""


@dataclass(frozen=True)
class Constant:
    """`rate` arrivals a second, evenly spaced, the first one at 0."""

    rate: float

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield n / rate: divided, not added up, so that no rounding accumulates."""
        return takewhile(lambda start_s: start_s < horizon_s, (n / self.rate for n in count()))


@dataclass(frozen=True)
class Poisson:
    """`rate` arrivals a second on average, independent of each other: what many separate users make."""

    rate: float
    seed: int

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the sums of exponential gaps divided by the rate; equal seeds scale one and the same plan."""
        random = Random(f"arrivals {self.seed}")
        total = random.expovariate(1.0)
        while (start_s := total / self.rate) < horizon_s:
            yield start_s
            total += random.expovariate(1.0)


def share(starts_s: Iterable[float], index: int = 0, workers: int = 1) -> Iterator[tuple[int, float]]:
    """Return one worker's part of a plan, as (number, start in seconds): the numbers ≡ index mod workers."""
    return islice(enumerate(starts_s), index, None, workers)


def parse_arrivals(kind: str, rate: float, seed: int = 1) -> Arrivals:
    """Return the arrivals of a kind (`constant` or `poisson`) at `rate` per second.

    Raises LoadstoneError when the kind is unknown or the rate is no positive, finite number.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise LoadstoneError(
            f"the rate is {rate:g} arrivals per second.", "Give a number above 0, such as --rate 100."
        )
    if kind == "constant":
        return Constant(rate)
    if kind == "poisson":
        return Poisson(rate, seed)
    raise LoadstoneError(
        f"there are no arrivals called {kind!r}.", "Give --arrivals constant or --arrivals poisson."
    )
