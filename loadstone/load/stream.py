"""The messages to the harness: one JSON line each, numbered without a gap."""

import os
import time
from typing import Any

from gevent.os import tp_write

from loadstone.records.load import LoadMessage, encode_message

EXIT_BROKEN_STREAM = 3


class MessageStream:
    """Writes messages to a descriptor from a thread: a slow reader must not stop the arrivals.

    When nobody reads any more the process ends at once: a load without a harness serves no one.
    """

    def __init__(self, descriptor: int, worker: int) -> None:
        self._descriptor = descriptor
        self._worker = worker
        self._sequence = 0
        self._wall_s = time.monotonic()
        self._cpu_s = time.process_time()

    def send(self, kind: str, at_s: float, **content: Any) -> None:
        """Write one message; the share of a core used since the last one is added here."""
        message = LoadMessage(
            kind, self._worker, self._sequence, at_s, cpu_share=self._cpu_share(), **content
        )
        self._sequence += 1
        self._write(encode_message(message) + b"\n")

    def _write(self, line: bytes) -> None:
        try:
            while line:
                line = line[tp_write(self._descriptor, line) :]
        except OSError:
            os._exit(EXIT_BROKEN_STREAM)

    def _cpu_share(self) -> float:
        """Return processor seconds per second since the last call, all threads together."""
        wall_s, cpu_s = time.monotonic(), time.process_time()
        elapsed_s, used_s = wall_s - self._wall_s, cpu_s - self._cpu_s
        self._wall_s, self._cpu_s = wall_s, cpu_s
        return round(used_s / elapsed_s, 4) if elapsed_s > 0 else 0.0
