"""Where closed users wait until the plan begins."""

from gevent.event import Event


class Gate:
    """Users that have finished `on_start` wait here; once opened, it stays open."""

    def __init__(self) -> None:
        self.waiting = 0
        self._opened = Event()

    def wait(self) -> None:
        """Return when the gate is open."""
        self.waiting += 1
        try:
            self._opened.wait()
        finally:  # also when killed while waiting
            self.waiting -= 1

    def open(self) -> None:
        """Let everybody pass, from now on."""
        self._opened.set()
