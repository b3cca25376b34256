"""Whatever ends the harness, what it started ends with it.

A parent-death signal would be lost when PostgreSQL changes its user, and no handler runs on SIGKILL. So a
second process holds the read end of a pipe whose write end only the harness has; see `guardian_process.py`.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from loadstone.errors import LoadstoneError
from loadstone.stack import guardian_process
from loadstone.stack.affinity import pinned_to
from loadstone.stack.ports import reserve_port

# The child itself reports its id, on its standard error, before it becomes the program; until then it holds
# the pipe open. So there is no instant in which the harness's death could orphan it.
LAUNCHER = 'echo "process $$ $1" >&2 && log=$2 && shift 2 && exec "$@" 2>>"$log"'
CLOSE_TIMEOUT_S = 10.0


class Guardian:
    """Keeps a directory, ports and processes for one run, and gives all of them back when it is closed.

    A context manager. `directory` is a new one below the temporary directory; others may pass through it to
    what they are given access to, but not list it.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
        self._children: list[subprocess.Popen[bytes]] = []
        self._reserved_ports: list[socket.socket] = []
        self.directory = self._make_directory()

    def _make_directory(self) -> Path:
        path = Path(tempfile.gettempdir(), f"loadstone-{secrets.token_hex(8)}")
        self._tell(f"directory {path}")  # before it exists: a kill in between leaves nothing
        path.mkdir()
        path.chmod(0o711)
        return path

    @property
    def pid(self) -> int:
        """The guardian process's id."""
        return self._process.pid

    def reserve_port(self) -> int:
        """Return a loopback port that is this run's own until the guardian is closed."""
        reserved = reserve_port()
        self._reserved_ports.append(reserved)
        port: int = reserved.getsockname()[1]
        return port

    def spawn(
        self,
        arguments: Sequence[str],
        log_path: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        working_directory: Path | None = None,
        user: str | None = None,
        cores: Collection[int] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = None,
        own_session: bool = True,
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session or process group of its own that does not outlive this guardian.

        Its errors go to `log_path`, and its output too unless `stdout` says otherwise. `user` is whom it runs
        as, `cores` where. `stop_signal` asks it to end; SIGKILL follows half a second later.
        """
        assert self._process.stdin is not None
        with log_path.open("ab") as log, pinned_to(cores):
            if user:
                shutil.chown(log_path, user)
            child = subprocess.Popen(
                ["/bin/sh", "-c", LAUNCHER, "launcher", stop_signal.name, str(log_path), *arguments],
                stdin=stdin,
                stdout=log if stdout is None else stdout,
                stderr=self._process.stdin,
                env=environment,
                cwd=working_directory,
                start_new_session=own_session,
                process_group=None if own_session else 0,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=() if user else None,
            )
        self._children.append(child)
        return child

    def close(self) -> None:
        """End every process, remove the directory, free the ports; a second call does nothing.

        Raises LoadstoneError naming what could not be ended or removed.
        """
        if self._process.returncode is not None:
            return
        output, _ = self._process.communicate(timeout=CLOSE_TIMEOUT_S)
        for child in self._children:
            with suppress(BrokenPipeError), child:  # its context closes the pipes to it
                child.wait(timeout=CLOSE_TIMEOUT_S)
        for reserved in self._reserved_ports:
            reserved.close()
        if self._process.returncode != 0:
            left = output.decode(errors="replace").strip()
            raise LoadstoneError(
                f"The clean-up after the run left something behind: {left}.", "Remove it by hand."
            )

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        os.write(self._process.stdin.fileno(), line.encode() + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
