"""The load generators of the table: how each is started, and what it says at its end."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.null_load import LOCUSTFILE, USER_CLASSES, null_plan
from loadstone.records.load import decode_message

BASELINE = "locust-fast"
AB_REQUESTS_LIMIT = 10_000_000  # it allocates 32 bytes for each before it begins
K6_SCRIPT = """
import http from 'k6/http';
export default function () { http.get(__ENV.TARGET); }
export function handleSummary(data) {
  const metrics = data.metrics;
  return { stdout: JSON.stringify({
    requests: metrics.http_reqs.values.count, errors: metrics.http_req_failed.values.passes }) };
}
"""


@dataclass(frozen=True)
class Task:
    """What a subject is asked to do: keep so many connections busy for some whole seconds."""

    url: str
    connections: int
    duration_s: int
    folder: Path  # for files of its own


@dataclass(frozen=True)
class Told:
    """What a subject says that it did. An error is whatever was not answered with 200."""

    requests: int
    errors: int


@dataclass(frozen=True)
class Subject:
    """One load generator; `program` must be on PATH (or be a path)."""

    name: str
    title: str
    program: str
    command: Callable[[Task], list[str]]
    read: Callable[[str], Told]
    standard_input: Callable[[Task], bytes] = lambda task: b""

    @property
    def is_installed(self) -> bool:
        """True when the program can be started."""
        return shutil.which(self.program) is not None


def engine(name: str, client: str) -> Subject:
    """Return Loadstone's own engine in its closed mode, without the harness around it."""
    return Subject(
        name,
        f"Loadstone, {client}",
        sys.executable,
        lambda task: [sys.executable, "-m", "loadstone.load"],
        read_engine,
        lambda task: msgspec.json.encode(
            null_plan(
                client, task.url, workload="closed", users=task.connections, duration_s=float(task.duration_s)
            )
        ),
    )


def read_engine(output: str) -> Told:
    """Return the sums of its rows."""
    rows = [row for line in output.splitlines() for row in decode_message(line.encode()).rows]
    states = [state for row in rows for state in row.endpoints.values()]
    return Told(sum(row.completed for row in rows), sum(sum(state.errors.values()) for state in states))


def locust(name: str, client: str) -> Subject:
    """Return plain Locust."""

    def command(task: Task) -> list[str]:
        users = str(task.connections)
        return [
            *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), USER_CLASSES[client]),
            *("--headless", "--json", "--loglevel", "ERROR", "-H", task.url),
            *("-u", users, "-r", users, "-t", f"{task.duration_s}s"),
        ]

    return Subject(name, f"Locust, {client}", sys.executable, command, read_locust)


def read_locust(output: str) -> Told:
    """Return the sums over its endpoints."""
    entries = json.loads(output)
    return Told(
        sum(entry["num_requests"] for entry in entries), sum(entry["num_failures"] for entry in entries)
    )


def wrk_command(task: Task) -> list[str]:
    """One thread, as for all."""
    return ["wrk", "-t1", f"-c{task.connections}", f"-d{task.duration_s}s", task.url + "/"]


def read_wrk(output: str) -> Told:
    """Return the total; it names errors only where there were any."""
    sockets = re.findall(r"(?:connect|read|write|timeout) (\d+)", output)
    return Told(
        _number(r"(\d+) requests in", output), _number(r"Non-2xx.*: (\d+)", output, 0) + _sum(sockets)
    )


def hey_command(task: Task) -> list[str]:
    """A duration beats its number of requests."""
    return ["hey", "-z", f"{task.duration_s}s", "-c", str(task.connections), task.url + "/"]


def read_hey(output: str) -> Told:
    """Return the counts of its two distributions: of status codes, and of errors in brackets."""
    codes = dict(re.findall(r"\[(\d+)\]\s+(\d+) responses", output))
    errors = re.findall(r"\[(\d+)\]\s+", output.partition("Error distribution:")[2])
    return Told(_sum(list(codes.values())), _sum(errors + [n for code, n in codes.items() if code != "200"]))


def k6_command(task: Task) -> list[str]:
    """One virtual user a connection."""
    script = task.folder / "k6.js"
    script.write_text(K6_SCRIPT)
    users = ["--vus", str(task.connections), "--duration", f"{task.duration_s}s"]
    return ["k6", "run", "--quiet", "--no-usage-report", "-e", f"TARGET={task.url}/", *users, str(script)]


def read_k6(output: str) -> Told:
    """Return what the script's summary printed."""
    counts = json.loads(output)
    return Told(int(counts["requests"]), int(counts["errors"]))


def autocannon_command(task: Task) -> list[str]:
    """Its JSON; without workers it has one thread."""
    return ["autocannon", "-j", "-c", str(task.connections), "-d", str(task.duration_s), task.url + "/"]


def read_autocannon(output: str) -> Told:
    """Return its totals; timeouts are among its errors."""
    counts = json.loads(output)
    return Told(counts["requests"]["total"], counts["errors"] + counts["non2xx"])


def h2load_command(task: Task) -> list[str]:
    """In HTTP/1.1; one thread."""
    options = ["--h1", "-t1", "-c", str(task.connections), "-D", str(task.duration_s)]
    return ["h2load", *options, task.url + "/"]


def read_h2load(output: str) -> Told:
    """Return its totals; what was not 2xx is an error."""
    good = _number(r"status codes: (\d+) 2xx", output)
    others = re.findall(r"(\d+) (?:3xx|4xx|5xx|failed|errored|timeout)", output)
    return Told(good, _sum(others))


def ab_command(task: Task) -> list[str]:
    """Keep-alive, as all; the number after the time, because the time sets a small one."""
    limits = ["-t", str(task.duration_s), "-n", str(AB_REQUESTS_LIMIT)]
    return ["ab", "-q", "-k", "-c", str(task.connections), *limits, task.url + "/"]


def read_ab(output: str) -> Told:
    """Return its totals; it names other statuses only where there were any."""
    errors = _number(r"Failed requests:\s+(\d+)", output) + _number(r"Non-2xx responses:\s+(\d+)", output, 0)
    return Told(_number(r"Complete requests:\s+(\d+)", output), errors)


SUBJECTS = [
    engine("loadstone", "loadstone.HttpUser"),
    engine("loadstone-fast", "FastHttpUser"),
    locust("locust-fast", "FastHttpUser"),
    locust("locust-http", "HttpUser"),
    Subject("wrk", "wrk", "wrk", wrk_command, read_wrk),
    Subject("hey", "hey", "hey", hey_command, read_hey),
    Subject("k6", "k6", "k6", k6_command, read_k6),
    Subject("autocannon", "autocannon", "autocannon", autocannon_command, read_autocannon),
    Subject("h2load", "h2load", "h2load", h2load_command, read_h2load),
    Subject("ab", "ab", "ab", ab_command, read_ab),
]


def chosen_subjects(names: str) -> list[Subject]:
    """Return the installed subjects, or those of a list with commas.

    Raises LoadstoneError for a name that is unknown or whose program is not installed.
    """
    if not names:
        return [subject for subject in SUBJECTS if subject.is_installed]
    known = {subject.name: subject for subject in SUBJECTS}
    chosen = names.split(",")
    if unknown := [name for name in chosen if name not in known]:
        raise LoadstoneError(f"there is no subject {', '.join(unknown)}.", f"There are: {', '.join(known)}.")
    if absent := [name for name in chosen if not known[name].is_installed]:
        raise LoadstoneError(f"{', '.join(absent)} is not on PATH.", "Install it, or leave it out of --only.")
    return [known[name] for name in chosen]


def _number(pattern: str, text: str, default: int | None = None) -> int:
    """Return the number that a pattern finds; raises LoadstoneError where there must be one and is none."""
    found = re.search(pattern, text)
    if found:
        return int(found[1])
    if default is None:
        raise LoadstoneError(f"this is not what was expected of the subject:\n{text[-2000:]}")
    return default


def _sum(numbers: list[str]) -> int:
    return sum(map(int, numbers))
