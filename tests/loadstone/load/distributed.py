"""A master and its workers, each a process, started as the harness does."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from loadstone.records.load import LoadMessage, decode_message
from tests.loadstone.load.played import LIMIT_S, Load, Played


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as asked:
        asked.bind((host, 0))
        port: int = asked.getsockname()[1]
        return port


class Distributed:
    """Starts workers, then the master; `end` kills what is left of them."""

    def __init__(
        self, load: Load, processes: int = 2, *, host: str = "127.0.0.1", port: int = 0, **changes: Any
    ) -> None:
        self.port = port = port or free_port(host)
        self.workers = [start_worker(port, host=host) for _ in range(processes)]
        plan = load.plan(**{"workers": processes, "bind_host": host, "bind_port": port, **changes})
        self.master = load.start(plan)
        self.heard: list[LoadMessage] = []

    def hear_until(self, wanted: Callable[[LoadMessage], bool]) -> LoadMessage:
        """Return the next message that is wanted."""
        assert self.master.stdout is not None
        for line in self.master.stdout:
            message = decode_message(line)
            self.heard.append(message)
            if wanted(message):
                return message
        raise AssertionError(f"the master ended: {self.master.stderr and self.master.stderr.read().decode()}")

    def played(self) -> Played:
        """Return all that the master said, once it has ended."""
        played = Played(self.master)
        played.messages = [*self.heard, *played.messages]
        return played

    def exit_codes(self, limit_s: float = LIMIT_S) -> list[int]:
        """Return the workers' exit codes once they have ended."""
        deadline_s = time.monotonic() + limit_s
        return [worker.wait(deadline_s - time.monotonic()) for worker in self.workers]

    def end(self) -> None:
        for process in [*self.workers, self.master]:
            with suppress(ProcessLookupError):
                process.kill()
            process.communicate()


def start_worker(
    port: int, *arguments: str, host: str = "127.0.0.1", prefix: Sequence[str] = ()
) -> "subprocess.Popen[bytes]":
    """Start a worker; `prefix` is a program that starts it in turn, such as `ip netns exec`."""
    command = [sys.executable, "-m", "loadstone.load", "worker", "--master", host, "--port", str(port)]
    return subprocess.Popen(
        [*prefix, *command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
