"""Ctrl-C once ends the load, twice ends the run; SIGTERM ends the run."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self


class Interrupted(BaseException):
    """The user wants the run to stop now. Not an Exception: nothing on the way takes it for a failure."""


class Interrupts:
    """While entered, the first SIGINT calls `on_first`; a second one, or SIGTERM, raises Interrupted.

    Until somebody sets `on_first`, the first one raises, too.
    """

    def __init__(self, on_first: Callable[[], None] | None = None) -> None:
        self.on_first = on_first
        self.seen = False

    def __enter__(self) -> Self:
        self._before = {
            number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.seen or number == signal.SIGTERM or self.on_first is None:
            raise Interrupted
        self.seen = True
        self.on_first()
