"""Where the idle users of one class wait, and arrivals find them."""

import time

from gevent.queue import SimpleQueue

from loadstone.load.arrival import Arrival


class Line:
    """The users of one class: idle ones wait here, the longest idle one gets the next arrival.

    Users × classes bound what is in flight; an arrival that finds nobody idle is refused, never queued.
    """

    def __init__(self, name: str, weight: float) -> None:
        self.name = name
        self.weight = weight
        self.idle = 0
        self.in_flight: set[Arrival] = set()
        self._offered: SimpleQueue[Arrival] = SimpleQueue()

    def offer(self, arrival: Arrival, now_s: float) -> bool:
        """Hand the arrival to an idle user; False when there is none."""
        if self.idle <= 0:
            return False
        self.idle -= 1
        arrival.sent_s = now_s
        self.in_flight.add(arrival)
        self._offered.put(arrival)
        return True

    def take(self) -> Arrival:
        """Wait, as an idle user, for an arrival."""
        self.idle += 1
        try:
            arrival: Arrival = self._offered.get()
        except BaseException:  # killed while waiting
            self.idle -= 1
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
