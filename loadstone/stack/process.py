"""One child process of the stack."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from loadstone.errors import LoadstoneError
from loadstone.stack.guardian import Guardian

POLL_S = 0.01
TAIL_LINES = 15


def tail_of(log_path: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log_path.read_text(errors="replace").splitlines()[-TAIL_LINES:])


class ChildProcess:
    """A program that logs to NAME.log in the guardian's directory, and ends with the guardian at the latest.

    The keywords are those of `Guardian.spawn`.
    """

    def __init__(
        self,
        guardian: Guardian,
        name: str,
        arguments: Sequence[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        working_directory: Path | None = None,
        user: str | None = None,
        cores: Collection[int] | None = None,
    ) -> None:
        self.name = name
        self.log_path = guardian.directory / f"{name}.log"
        self._stop_signal = stop_signal
        self._process = guardian.spawn(
            arguments,
            self.log_path,
            stop_signal=stop_signal,
            environment=environment,
            working_directory=working_directory,
            user=user,
            cores=cores,
        )

    @property
    def pid(self) -> int:
        """The process id, also of its process group."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """True until the process has ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Return once `ready()` is true, that is, once the process can do `what`.

        Raises LoadstoneError with the end of the log when the process dies first or the time is over.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.is_running:
                raise self._error(f"ended with exit code {self._process.returncode} before it could {what}")
            if time.monotonic() > deadline:
                raise self._error(f"did not {what} within {timeout_s:g} s")
            time.sleep(POLL_S)

    def wait(self, timeout_s: float) -> None:
        """Return when the process has ended well.

        Raises LoadstoneError with the end of the log when it fails or the time is over.
        """
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise self._error(f"was not done within {timeout_s:g} s") from None
        if code != 0:
            raise self._error(f"ended with exit code {code}")

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ask the process group to end, and kill it when the time is over."""
        if self.is_running:
            os.killpg(self.pid, self._stop_signal)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self) -> str:
        """Return the last lines of what the process has written."""
        return tail_of(self.log_path)

    def _error(self, what: str) -> LoadstoneError:
        tail = self.log_tail()
        said = f"Its last lines:\n{tail}" if tail else "It wrote nothing."
        return LoadstoneError(f"{self.name} {what}. {said}")
