"""How late the other greenlets get their turn: answers that are ready wait as long, unseen."""

import time

from loadstone.load.recorder import Recorder
from loadstone.load.timer import best_timer

PERIOD_S = 0.01


class Canary:
    """Asks for a turn every 10 ms and records how late each came."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def run(self) -> None:
        """Do so for ever: the body of a greenlet, to be killed."""
        timer = best_timer()
        due_s = time.monotonic() + PERIOD_S
        try:
            while True:
                timer.wait_until(due_s)
                due_s = self._record(due_s, time.monotonic())
        finally:
            timer.close()

    def _record(self, due_s: float, now_s: float) -> float:
        """Record every turn that is due and return when the next one will be.

        A hub that was held up missed several, and each of them was late: only one would hide how long it was.
        """
        while due_s <= now_s:
            self._recorder.canary(now_s - due_s, due_s)
            due_s += PERIOD_S
        return due_s
