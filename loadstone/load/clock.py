"""How one machine's CLOCK_MONOTONIC relates to another's, as far as a network lets anyone know."""

import time
from collections.abc import Callable
from dataclasses import dataclass

ROUND_TRIPS = 20
TOLERABLE_UNCERTAINTY_S = 0.005


@dataclass(frozen=True)
class ClockOffset:
    """What to add to an instant of this machine to have the other's, known to ± `uncertainty_s`."""

    offset_s: float = 0.0
    uncertainty_s: float = 0.0

    @property
    def tolerable(self) -> bool:
        """True when the uncertainty is small beside the second by which everything is counted."""
        return self.uncertainty_s <= TOLERABLE_UNCERTAINTY_S


def measure_offset(
    ask: Callable[[], float], clock: Callable[[], float] = time.monotonic, round_trips: int = ROUND_TRIPS
) -> ClockOffset:
    """Return the offset to the machine whose instant `ask()` fetches, in one round trip a call.

    The other clock was read at some time between the question and the answer, so the estimate is wrong by
    half a round trip at most, and the shortest is believed (Cristian, Distributed Computing 3, 1989).
    """
    return min((_exchange(ask, clock) for _ in range(round_trips)), key=lambda offset: offset.uncertainty_s)


def _exchange(ask: Callable[[], float], clock: Callable[[], float]) -> ClockOffset:
    sent_s = clock()
    other_s = ask()
    received_s = clock()
    return ClockOffset(other_s - (sent_s + received_s) / 2, (received_s - sent_s) / 2)
