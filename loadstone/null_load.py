"""The load engine against the null server: what the generator costs when the system costs nothing."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.generator import COMMAND
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import LoadMessage, LoadPlan, decode_message
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian
from loadstone.stack.process import tail_of

LOCUSTFILE = Path(__file__).parent / "load" / "calibration_users.py"
USER_CLASSES = {
    "loadstone.HttpUser": "LeanVisitor",
    "FastHttpUser": "FastVisitor",
    "HttpUser": "PlainVisitor",
}
START_LIMIT_S = 60.0


def start_null_server(guardian: Guardian) -> str:
    """Start a null server on the system's cores and return its URL; raises LoadstoneError when it fails."""
    log_path = guardian.directory / "null_server.log"
    process = guardian.spawn(
        [sys.executable, "-m", "loadstone.null_server"],
        log_path,
        cores=split_cores().system,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout as output:
        port = output.readline()
    if not port:
        raise LoadstoneError(f"the null server does not start. It said:\n{tail_of(log_path)}")
    return f"http://127.0.0.1:{int(port)}"


def null_plan(client: str, url: str, **fields: object) -> LoadPlan:
    """Return the plan of one client's visits to the null server; `fields` are the plan's own."""
    plan = LoadPlan(
        locustfile=str(LOCUSTFILE),
        hosts=[url],
        arrivals="constant",
        rate=0.0,
        duration_s=1.0,
        warm_up_s=0.0,
        drain_s=2.0,
        max_in_flight=64,
        seed=1,
        user_classes=[USER_CLASSES[client]],
    )
    return msgspec.structs.replace(plan, **fields)


def play(plan: LoadPlan, guardian: Guardian) -> list[LoadMessage]:
    """Return everything that a load process said about a plan, played on the generator's cores.

    Raises LoadstoneError with the end of what it wrote when it fails.
    """
    log_path = guardian.directory / "null_load.log"
    process = guardian.spawn(
        COMMAND,
        log_path,
        cores=split_cores().generator,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    limit_s = START_LIMIT_S + plan.warm_up_s + plan.duration_s + plan.drain_s
    try:
        output, _ = process.communicate(msgspec.json.encode(plan), timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise LoadstoneError(f"the load process was not done within {limit_s:g} s.") from None
    if process.returncode != 0:
        raise LoadstoneError(
            f"the load process ended with exit code {process.returncode}. It said:\n{tail_of(log_path)}"
        )
    return [decode_message(line) for line in output.splitlines()]


def steady_messages(messages: Sequence[LoadMessage]) -> list[LoadMessage]:
    """Return the messages of whole seconds after the first: connections are open, caches warm."""
    return [message for message in messages if message.kind == "progress"][1:]


def cpu_s_per_arrival(messages: Sequence[LoadMessage]) -> float:
    """Return the processor seconds of an arrival, over the seconds after the first.

    Raises LoadstoneError when nothing was completed in them, or a request failed.
    """
    if failed := _failures(messages):
        raise LoadstoneError(f"requests to the null server failed: {', '.join(failed)}.")
    ends_s = {message.sequence: message.at_s for message in messages}
    steady = steady_messages(messages)
    cpu_s = sum(message.cpu_share * (message.at_s - ends_s[message.sequence - 1]) for message in steady)
    completed = sum(row.completed for message in steady for row in message.rows)
    if not completed:
        raise LoadstoneError("the load process completed nothing against the null server.")
    return cpu_s / completed


def wake_lag(messages: Sequence[LoadMessage]) -> LatencyHistogram:
    """Return how late arrivals were woken, over the seconds after the first."""
    rows = [row for message in steady_messages(messages) for row in message.rows]
    return merged(LatencyHistogram(row.wake_lag) for row in rows)


def _failures(messages: Sequence[LoadMessage]) -> set[str]:
    rows = [row for message in messages for row in message.rows]
    return {error for row in rows for state in row.endpoints.values() for error in state.errors}
