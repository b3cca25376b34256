"""Which keys users ask for: few are popular, many are rare."""

from bisect import bisect
from itertools import accumulate
from random import Random


class Zipf:
    """Draws keys 1 to `size`, key k with a probability proportional to 1 / k ** exponent."""

    def __init__(self, size: int, exponent: float = 1.0) -> None:
        if size < 1:
            raise ValueError(f"a Zipf distribution needs at least one key, not {size}")
        self._cumulative = list(accumulate(k**-exponent for k in range(1, size + 1)))

    def draw(self, random: Random) -> int:
        """Return a key; equal states of `random` give equal keys."""
        return (
            bisect(self._cumulative, random.random() * self._cumulative[-1], hi=len(self._cumulative) - 1) + 1
        )
