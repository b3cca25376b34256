"""The messages of one load process: a JSON line each, numbered without a gap."""

import os
import time
from collections.abc import Callable
from typing import Any

from gevent.os import tp_write

from loadstone.records.load import LoadMessage, encode_message

EXIT_BROKEN_STREAM = 3

Send = Callable[[LoadMessage, bytes], None]
"""Takes a message and its line on the way to the harness."""


class MessageStream:
    """Numbers and encodes what a process says; `clock_offset_s` turns its instants into the harness's."""

    def __init__(self, send: Send, worker: int = 0, clock_offset_s: float = 0.0) -> None:
        self._send = send
        self._worker = worker
        self._clock_offset_s = clock_offset_s
        self._sequence = 0
        self._wall_s = time.monotonic()
        self._cpu_s = time.process_time()

    def send(self, kind: str, at_s: float, **content: Any) -> None:
        """Send one message; the share of a core used since the last one is added here."""
        message = LoadMessage(
            kind,
            self._worker,
            self._sequence,
            at_s + self._clock_offset_s,
            cpu_share=self._cpu_share(),
            **content,
        )
        self._sequence += 1
        self._send(message, encode_message(message) + b"\n")

    def _cpu_share(self) -> float:
        """Return processor seconds per second since the last call, all threads together."""
        wall_s, cpu_s = time.monotonic(), time.process_time()
        elapsed_s, used_s = wall_s - self._wall_s, cpu_s - self._cpu_s
        self._wall_s, self._cpu_s = wall_s, cpu_s
        return round(used_s / elapsed_s, 4) if elapsed_s > 0 else 0.0


class Descriptor:
    """Writes lines from a thread: a slow reader must not stop the arrivals.

    When nobody reads any more the process ends at once: a load without a harness serves no one.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: LoadMessage, line: bytes) -> None:
        """Write the line of a message."""
        self.write(line)

    def write(self, line: bytes) -> None:
        """Write one line, and return when all of it was taken."""
        try:
            while line:
                line = line[tp_write(self._descriptor, line) :]
        except OSError:
            os._exit(EXIT_BROKEN_STREAM)
