"""Where the idle users of one class wait, and arrivals find them."""

import time
from collections import deque
from contextlib import suppress

from gevent import get_hub
from gevent.hub import Waiter

from loadstone.load.arrival import Arrival


class Line:
    """The users of one class: idle ones wait here, the longest idle one gets the next arrival.

    Users × classes bound what is in flight; an arrival that finds nobody idle is refused, never queued.
    """

    def __init__(self, name: str, weight: float) -> None:
        self.name = name
        self.weight = weight
        self.in_flight: set[Arrival] = set()
        self._idle: deque[Waiter[Arrival]] = deque()
        self._hub = get_hub()

    @property
    def idle(self) -> int:
        """How many users wait for an arrival."""
        return len(self._idle)

    def offer(self, arrival: Arrival, now_s: float) -> bool:
        """Hand the arrival to an idle user; False when there is none."""
        if not self._idle:
            return False
        arrival.sent_s = now_s
        self.in_flight.add(arrival)
        # Waking the user so costs a third of what a queue between the two did.
        self._hub.loop.run_callback(self._idle.popleft().switch, arrival)
        return True

    def take(self) -> Arrival:
        """Wait, as an idle user, for an arrival."""
        waiter: Waiter[Arrival] = Waiter(self._hub)
        self._idle.append(waiter)
        try:
            arrival: Arrival = waiter.get()
        except BaseException:  # killed while waiting
            with suppress(ValueError):  # an arrival was on its way already: it stays unfinished
                self._idle.remove(waiter)
            raise
        arrival.taken_s = time.monotonic()
        return arrival

    def finish(self, arrival: Arrival) -> None:
        """Take note that the arrival's task has ended."""
        self.in_flight.discard(arrival)


def choose_line(lines: list[Line], draw: float) -> Line:
    """Return the line that a uniform draw from [0, 1) falls on, by the weights of the classes."""
    point = draw * sum(line.weight for line in lines)
    for line in lines:
        point -= line.weight
        if point < 0:
            return line
    return lines[-1]
