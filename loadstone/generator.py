"""The load processes as the harness sees them: a plan in, one message a second of each worker out."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadMessage, LoadPlan, decode_message
from loadstone.stack.guardian import Guardian
from loadstone.stack.ports import LOOPBACK
from loadstone.stack.process import tail_of

IMPORT_LIMIT_S = 120.0  # a locustfile may read a lot, but must not wait for ever
MASTER_PORT = 5557  # where workers of other machines look for their master; Locust's own
COMMAND = (sys.executable, "-m", "loadstone.load")


@dataclass(frozen=True)
class Workers:
    """Who plays the plan: `local` processes started here and `remote` ones that come from elsewhere.

    None of either: the process that reads the plan plays it alone. `bind_port` 0 is a free one, for local
    workers only: remote ones must know it.
    """

    local: int = 0
    remote: int = 0
    bind_host: str = LOOPBACK
    bind_port: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.local + self.remote


class Generator:
    """`python -m loadstone.load` and its local workers, each in a process group of its own, so that Ctrl-C
    reaches only the harness.

    They are started early, because they import Locust while the stack starts, and wait for their plan. Each
    worker is pinned to one of `cores`, in turn; who reads the plan may use all of them.
    """

    def __init__(
        self,
        guardian: Guardian,
        log_path: Path,
        cores: Collection[int] | None = None,
        workers: Workers = Workers(),
    ) -> None:
        self._log_path = log_path
        self._workers = workers
        self._port = workers.bind_port or (guardian.reserve_port() if workers.local else 0)
        self._process = guardian.spawn(
            COMMAND,
            self._log_path,
            cores=cores,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            own_session=False,
        )
        self._start_workers(guardian, cores)
        self._news: queue.Queue[LoadMessage | None] = queue.Queue()
        threading.Thread(target=self._read, name="load messages", daemon=True).start()

    def begin(self, plan: LoadPlan) -> None:
        """Hand over the plan; the first message follows when every user of every worker is ready.

        The generator adds to it how many workers there are and where they are awaited. Raises LoadstoneError
        when the process is gone.
        """
        whole = msgspec.structs.replace(
            plan, workers=self._workers.total, bind_host=self._workers.bind_host, bind_port=self._port
        )
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(whole) + b"\n")
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
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self._process.pid, signal.SIGINT)

    def death(self) -> LoadstoneError:
        """Return the error that tells why the process ended before its time."""
        code = self._process.wait()
        tail = tail_of(self._log_path)
        if code == 2 and tail:
            return LoadstoneError(tail)
        return LoadstoneError(f"The load process ended with exit code {code}.", f"It said:\n{tail}")

    def _start_workers(self, guardian: Guardian, cores: Collection[int] | None) -> None:
        everywhere = self._workers.bind_host in ("*", "0.0.0.0", "::")
        host = LOOPBACK if everywhere else self._workers.bind_host
        for number in range(self._workers.local):
            guardian.spawn(
                worker_command(host, self._port),
                self._log_path,
                cores=core_of(number, cores),
                own_session=False,
            )

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                if line.endswith(b"\n"):  # the last one of a process that was killed may be cut short
                    self._news.put(decode_message(line))
        finally:
            self._news.put(None)


def clients_of(plan: LoadPlan) -> list[str]:
    """Return the kinds of HTTP client that the users of a plan have; an empty name is some other client.

    The locustfile is loaded for that, in a process of its own. Raises LoadstoneError when it cannot be.
    """
    told = msgspec.structs.replace(plan, events_path="")
    try:
        done = subprocess.run(
            [*COMMAND, "clients"],
            input=msgspec.json.encode(told),
            capture_output=True,
            timeout=IMPORT_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise LoadstoneError(
            f"{plan.locustfile} is not loaded after {IMPORT_LIMIT_S:g} s.", "Does it wait for something?"
        ) from error
    if done.returncode != 0:
        raise LoadstoneError(done.stderr.decode(errors="replace").strip())
    kinds: list[str] = msgspec.json.decode(done.stdout)
    return kinds


def worker_command(master: str, port: int, locustfile: Path | None = None) -> list[str]:
    """Return what to execute to join a run; `locustfile` is this machine's, where the plan's path is not."""
    own_file = ["-f", str(locustfile)] if locustfile else []
    return [*COMMAND, "worker", "--master", master, "--port", str(port), *own_file]


def core_of(number: int, cores: Collection[int] | None) -> Collection[int] | None:
    """Return the core that a worker is pinned to; they share when there are more of them than cores."""
    return cores and [sorted(cores)[number % len(cores)]]
