"""Sending arrivals when they are due: one greenlet, absolute instants."""

import time
from collections.abc import Iterable

from loadstone.load.arrival import CLASS_DRAW, Arrival
from loadstone.load.line import Line, choose_line
from loadstone.load.recorder import Recorder
from loadstone.load.timer import SleepTimer, Timer

# Arrivals that are due together are sent together: a turn of the hub for each would cost more than they do.
# But a schedule that is late must let the users run, who would otherwise be late as well.
BURST_LIMIT = 16


class Schedule:
    """Hands every arrival of a worker's share to an idle user of the class it draws, or counts it dropped."""

    def __init__(self, lines: list[Line], recorder: Recorder, timer: Timer | SleepTimer, seed: int) -> None:
        self._lines = lines
        self._recorder = recorder
        self._timer = timer
        self._seed = seed

    def play(self, numbered_starts_s: Iterable[tuple[int, float]], plan_start_s: float) -> None:
        """Send arrivals until there are no more; return when the last one was due."""
        seed, burst = self._seed, BURST_LIMIT
        for number, start_s in numbered_starts_s:
            intended_s = plan_start_s + start_s
            if burst == BURST_LIMIT or intended_s > time.monotonic():
                self._timer.wait_until(intended_s)
                burst = 0
            self._send(Arrival(number, intended_s, seed))
            burst += 1

    def _send(self, arrival: Arrival) -> None:
        now_s = time.monotonic()
        self._recorder.planned(arrival, now_s)
        if self._line_of(arrival).offer(arrival, now_s):
            self._recorder.sent(arrival)
        else:
            self._recorder.dropped(arrival)

    def _line_of(self, arrival: Arrival) -> Line:
        lines = self._lines
        return lines[0] if len(lines) == 1 else choose_line(lines, arrival.draw(CLASS_DRAW))
