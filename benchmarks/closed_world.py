"""`python -m benchmarks.closed_world`: what plain Locust reports of one stall, beside the open truth.

A server that answers at once stops for 2 s within 20 s, while 100 requests a second are due. The same
locustfile is run by Locust with more and more users, who together ask 100 times a second as long as they are
answered, and by `loadstone run`. Prints a table in Markdown; takes two minutes.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "tests/loadstone/load/server.py"
LOCUSTFILE = ROOT / "benchmarks/closed_world_users.py"

RATE = 100
DURATION_S = 20
STALL_FROM_S = 9
STALL_S = 2
USERS = (10, 50, 200)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}

Row = Mapping[str, float]  # quantiles, max and count


def main() -> None:
    """Print a row for the truth, one for Loadstone, and one for each number of Locust's users."""
    print("| | requests | p50 | p90 | p95 | p99 | max |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    show("the truth (closed form)", truth())
    show("`loadstone run`, open", loadstone())
    for users in USERS:
        show(f"`locust`, {users} users", locust(users))


def truth() -> Row:
    """Return what the plan meets: who is due in the stall waits for its end."""
    quantiles_s = {name: max(0.0, STALL_S - (1 - q) * DURATION_S) for name, q in QUANTILES.items()}
    return {"count": RATE * DURATION_S, **quantiles_s, "max": STALL_S}


def loadstone() -> Row:
    """Return what the record of an open run holds."""
    plan = ["--arrivals", "constant", "--rate", str(RATE), "--warm-up", "0s", "--max-in-flight", "500"]
    with stalling_server() as url, TemporaryDirectory() as folder:
        out = ["--out", f"{folder}/run", "--json"]
        command = ["loadstone", "run", "-f", str(LOCUSTFILE), "--host", url, *plan, *out]
        total = run(*command, "--duration", f"{DURATION_S}s")["total"]
    if not total["latency_s"]:
        raise SystemExit("The generator was the limit: nothing was measured. Try again on a quiet machine.")
    return {"count": total["requests"], **total["latency_s"]}


def locust(users: int) -> Row:
    """Return what Locust reports, from the rounded response times it keeps."""
    options = ["--headless", "-u", str(users), "-r", str(users), "-t", f"{DURATION_S}s", "--json"]
    with stalling_server() as url:
        (entry,) = run("locust", "-f", str(LOCUSTFILE), "-H", url, *options, rate_per_user=RATE / users)
    times_s = sorted(
        (float(milliseconds) / 1000, count) for milliseconds, count in entry["response_times"].items()
    )
    quantiles_s = {name: quantile(q, times_s) for name, q in QUANTILES.items()}
    return {"count": entry["num_requests"], **quantiles_s, "max": entry["max_response_time"] / 1000}


def quantile(q: float, times_s: list[tuple[float, int]]) -> float:
    """Return the q-quantile of ascending (time, count)."""
    left = math.ceil(q * sum(count for _, count in times_s))
    for time_s, count in times_s:
        left -= count
        if left <= 0:
            return time_s
    raise ValueError("no request was made")


def run(module: str, *arguments: str, rate_per_user: float = 10.0) -> Any:
    """Return what a module prints as JSON."""
    environment = {**os.environ, "RATE_PER_USER": str(rate_per_user)}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


@contextmanager
def stalling_server() -> Iterator[str]:
    """Yield the URL of a server that will stop once."""
    command = [sys.executable, str(SERVER), "gate:page", str(STALL_FROM_S), str(STALL_S)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


def show(name: str, row: Row) -> None:
    """Print one row."""
    cells = [f"{row['count']:,.0f}", *(seconds_text(row.get(column)) for column in (*QUANTILES, "max"))]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def seconds_text(seconds: float | None) -> str:
    """Return milliseconds, or seconds from 0.1 s on."""
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
