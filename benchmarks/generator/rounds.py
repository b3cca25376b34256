"""Rounds: every subject once in each, in an order drawn anew, watched from outside for a steady while."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

import psutil

from benchmarks.generator.servers import Server
from benchmarks.generator.subjects import Subject, Task, Told
from loadstone.errors import LoadstoneError
from loadstone.null_load import cpu_s_per_arrival, null_plan, play, steady_messages, wake_lag
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import LoadMessage
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian

START_LIMIT_S = 30.0
SETTLE_S = 0.5  # from the first request to the first reading
MARGIN_S = 1.0  # the subject goes on for so long after the last reading
POLL_S = 0.02
SECOND_LEFT_OUT_S = 1.0
MESSAGE_LATE_S = 0.2  # so that the message about the last whole second still comes
TOLD_TOLERANCE = 0.01  # how far a subject's own count may be from the server's

Name = TypeVar("Name")
Result = TypeVar("Result")


@dataclass(frozen=True)
class ClosedResult:
    """What a subject reached in a closed loop, by the server's count."""

    rate: float  # requests per second
    cpu_s_per_request: float  # of all its processes


@dataclass(frozen=True)
class OpenResult:
    """What the engine made of an open plan with one client, after the first second."""

    rate: float
    cpu_s_per_request: float
    wake_lag_p99_s: float | None
    latency_p99_s: float | None
    dropped: int


@dataclass(frozen=True)
class _Reading:
    at_s: float
    served: int
    cpu_s: float


def play_rounds(
    names: Sequence[Name], rounds: int, seed: int, measure: Callable[[Name], Result]
) -> dict[Name, list[Result]]:
    """Return each name's results, one a round; within a round the order is drawn from the seed."""
    random = Random(seed)
    results: dict[Name, list[Result]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in random.sample(names, len(names)):
            results[name].append(measure(name))
    return results


def measure_closed(
    subject: Subject, server: Server, connections: int, seconds: float, guardian: Guardian
) -> ClosedResult:
    """Run a subject once and return what the server and the kernel saw of its steady part.

    Raises LoadstoneError when it fails, reports an error, or tells of other counts than the server.
    """
    duration_s = int(SETTLE_S + seconds + MARGIN_S + 0.999)
    task = Task(server.url, connections, duration_s, guardian.directory)
    before = server.served()
    process = _start(subject, task, guardian)
    _await_first_request(subject, process, server, before)
    time.sleep(SETTLE_S)
    first = _read(process, server)
    time.sleep(seconds)
    last = _read(process, server)
    check(subject, _finish(subject, process, task, guardian), server.served() - before, connections)
    requests = last.served - first.served
    return ClosedResult(requests / (last.at_s - first.at_s), (last.cpu_s - first.cpu_s) / requests)


def measure_open(client: str, server: Server, rate: float, seconds: float, guardian: Guardian) -> OpenResult:
    """Play a constant plan once and return what the engine made of it, over a whole second at least."""
    duration_s = SECOND_LEFT_OUT_S + max(seconds, 1.0) + MESSAGE_LATE_S
    plan = null_plan(client, server.url, rate=rate, duration_s=duration_s)
    return read_open(play(plan, guardian))


def read_open(messages: Sequence[LoadMessage]) -> OpenResult:
    """Return the result of an open plan from its messages; raises LoadstoneError when it has no result."""
    cpu_s_per_request = cpu_s_per_arrival(messages)
    steady = steady_messages(messages)
    rows = [row for message in steady for row in message.rows]
    first_s = next(message.at_s for message in messages if message.kind == "progress")
    states = [state for row in rows for state in row.endpoints.values()]
    return OpenResult(
        rate=sum(row.completed for row in rows) / (steady[-1].at_s - first_s),
        cpu_s_per_request=cpu_s_per_request,
        wake_lag_p99_s=wake_lag(messages).quantile_s(0.99),
        latency_p99_s=merged(LatencyHistogram(state.ok.latency) for state in states).quantile_s(0.99),
        dropped=sum(row.dropped for row in rows),
    )


def _start(subject: Subject, task: Task, guardian: Guardian) -> "subprocess.Popen[bytes]":
    """Start the subject on the generator's cores, without Locust's settings of whoever runs the benchmark."""
    input_path = guardian.directory / "input"
    input_path.write_bytes(subject.standard_input(task))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    with input_path.open("rb") as standard_input, _output_path(subject, guardian).open("wb") as output:
        return guardian.spawn(
            subject.command(task),
            _log_path(subject, guardian),
            cores=split_cores().generator,
            environment=environment,
            stdin=standard_input,
            stdout=output,
        )


def _await_first_request(
    subject: Subject, process: "subprocess.Popen[bytes]", server: Server, before: int
) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while server.served() == before:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise LoadstoneError(f"{subject.title} made no request.", "Its log may tell why.")
        time.sleep(POLL_S)


def _read(process: "subprocess.Popen[bytes]", server: Server) -> _Reading:
    return _Reading(time.monotonic(), server.served(), _tree_cpu_s(process.pid))


def _tree_cpu_s(pid: int) -> float:
    """Return the processor seconds of a process and of all below it, those that have ended included."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in [root, *root.children(recursive=True)]]
    return sum(sum(time[:4]) for time in times)  # user, system, and of waited-for children


def _finish(subject: Subject, process: "subprocess.Popen[bytes]", task: Task, guardian: Guardian) -> Told:
    """Return what the subject tells at its end."""
    code = process.wait(timeout=START_LIMIT_S + task.duration_s)
    output = _output_path(subject, guardian).read_text()
    if code != 0:
        log = _log_path(subject, guardian).read_text(errors="replace")
        raise LoadstoneError(f"{subject.title} ended with exit code {code}: {log[-1000:]}{output[-1000:]}")
    return subject.read(output)


def _output_path(subject: Subject, guardian: Guardian) -> Path:
    return guardian.directory / f"{subject.name}.out"


def _log_path(subject: Subject, guardian: Guardian) -> Path:
    return guardian.directory / f"{subject.name}.log"


def check(subject: Subject, told: Told, served: int, connections: int) -> None:
    """Refuse a number that is not what it seems; what was under way at the end may be counted or not."""
    if told.errors:
        raise LoadstoneError(f"{subject.title} reports {told.errors} errors of {told.requests} requests.")
    if abs(told.requests - served) > TOLD_TOLERANCE * served + 2 * connections:
        raise LoadstoneError(
            f"{subject.title} tells of {told.requests} requests, but the server answered {served}."
        )
