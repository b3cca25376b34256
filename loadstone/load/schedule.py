"""Sending arrivals when they are due: one greenlet, absolute instants."""

import time
from collections.abc import Iterable

from loadstone.load.arrival import CLASS_DRAW, Arrival
from loadstone.load.line import Line, choose_line
from loadstone.load.recorder import Recorder
from loadstone.load.timer import SleepTimer, Timer


class Schedule:
    """Hands every arrival of a worker's share to an idle user of the class it draws, or counts it dropped."""

    def __init__(self, lines: list[Line], recorder: Recorder, timer: Timer | SleepTimer, seed: int) -> None:
        self._lines = lines
        self._recorder = recorder
        self._timer = timer
        self._seed = seed

    def play(self, numbered_starts_s: Iterable[tuple[int, float]], plan_start_s: float) -> None:
        """Send arrivals until there are no more; return when the last one was due."""
        for number, start_s in numbered_starts_s:
            intended_s = plan_start_s + start_s
            self._timer.wait_until(intended_s)
            self._send(Arrival(number, intended_s, self._seed))

    def _send(self, arrival: Arrival) -> None:
        now_s = time.monotonic()
        self._recorder.planned(arrival, now_s)
        draw = arrival.draw(CLASS_DRAW) if len(self._lines) > 1 else 0.0
        if choose_line(self._lines, draw).offer(arrival, now_s):
            self._recorder.sent(arrival)
        else:
            self._recorder.dropped(arrival)
