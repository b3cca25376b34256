"""The load process as the harness sees it: a plan in, one message a second out."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadMessage, LoadPlan, decode_message
from loadstone.stack.guardian import Guardian

LOG_TAIL_LINES = 15


class Generator:
    """`python -m loadstone.load` in a process group of its own, so that Ctrl-C reaches only the harness.

    It is started early, because it imports Locust while the stack starts, and waits for its plan.
    """

    def __init__(self, guardian: Guardian, log_path: Path, cores: Collection[int] | None = None) -> None:
        self._log_path = log_path
        self._process = guardian.spawn(
            [sys.executable, "-m", "loadstone.load"],
            self._log_path,
            cores=cores,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            own_session=False,
        )
        self._news: queue.Queue[LoadMessage | None] = queue.Queue()
        threading.Thread(target=self._read, name="load messages", daemon=True).start()

    def begin(self, plan: LoadPlan) -> None:
        """Hand over the plan; the first message follows when every user is ready.

        Raises LoadstoneError when the process is gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(plan) + b"\n")
            self._process.stdin.close()
        except BrokenPipeError:
            raise self.death() from None

    def next_message(self, timeout_s: float) -> LoadMessage | None:
        """Return the next message; None when none came in time, or none will come (see `is_over`)."""
        try:
            message = self._news.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if message is None:
            self._news.put(None)  # the end stays at the end
        return message

    @property
    def is_over(self) -> bool:
        """True when the stream has ended and every message was taken."""
        return self._news.qsize() == 1 and self._news.queue[0] is None

    def drain(self) -> None:
        """Plan no more, wait for what is in flight, report, end."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)

    def death(self) -> LoadstoneError:
        """Return the error that tells why the process ended before its time."""
        code = self._process.wait()
        tail = self._log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        if code == 2 and tail:
            return LoadstoneError("\n".join(tail))
        return LoadstoneError(
            f"The load process ended with exit code {code}.", "\n".join(["It said:", *tail])
        )

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                if line.endswith(b"\n"):  # the last one of a process that was killed may be cut short
                    self._news.put(decode_message(line))
        finally:
            self._news.put(None)
