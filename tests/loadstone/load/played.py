"""Starting `python -m loadstone.load` as the harness does, and reading what it said."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState, LoadMessage, LoadPlan, Row, decode_message

LIMIT_S = 30


class Played:
    """Everything a load process said until it ended."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        output, errors = process.communicate(timeout=LIMIT_S)
        self.exit_code = process.returncode
        self.stderr = errors.decode()
        self.messages: list[LoadMessage] = [decode_message(line) for line in output.splitlines()]

    @property
    def final(self) -> LoadMessage:
        return self.messages[-1]

    @property
    def rows(self) -> list[Row]:
        return [row for message in self.messages for row in message.rows]

    def total(self, column: str) -> int:
        return sum(getattr(row, column) for row in self.rows)

    def endpoints(self) -> set[str]:
        return {name for row in self.rows for name in row.endpoints}

    def states(self, endpoint: str) -> list[EndpointState]:
        return [row.endpoints[endpoint] for row in self.rows if endpoint in row.endpoints]

    def latency(self, endpoint: str = "GET /", outcome: str = "ok") -> LatencyHistogram:
        total = LatencyHistogram()
        for state in self.states(endpoint):
            total.merge(getattr(state, outcome).latency)
        return total

    def service_time(self, endpoint: str = "GET /", outcome: str = "ok") -> LatencyHistogram:
        total = LatencyHistogram()
        for state in self.states(endpoint):
            total.merge(getattr(state, outcome).service_time)
        return total

    def lag(self, column: str) -> LatencyHistogram:
        total = LatencyHistogram()
        for row in self.rows:
            total.merge(getattr(row, column))
        return total

    def errors(self, endpoint: str = "GET /") -> dict[str, int]:
        total: dict[str, int] = {}
        for state in self.states(endpoint):
            for text, count in state.errors.items():
                total[text] = total.get(text, 0) + count
        return total

    def notes(self, column: str) -> list[str]:
        return [note for message in self.messages for note in getattr(message, column)]


class Load:
    """Starts load processes on locustfiles written to a folder."""

    def __init__(self, folder: Path, url: str, locustfile: str) -> None:
        self._folder = folder
        self._url = url
        self._locustfile = locustfile

    def plan(self, locustfile: str = "", **changes: Any) -> LoadPlan:
        path = self._folder / "locustfile.py"
        path.write_text(locustfile or self._locustfile)
        plan = LoadPlan(
            locustfile=str(path),
            hosts=[self._url],
            arrivals="constant",
            rate=100,
            duration_s=1.0,
            warm_up_s=0,
            drain_s=1.0,
            max_in_flight=20,
            seed=1,
        )
        return msgspec.structs.replace(plan, **changes)

    def start(self, plan: LoadPlan) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "loadstone.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(plan))
        process.stdin.close()
        process.stdin = None  # so that communicate() leaves it alone
        return process

    def start_plan(self, **changes: Any) -> "subprocess.Popen[bytes]":
        """Start, and return when the plan begins."""
        process = self.start(self.plan(**changes))
        assert process.stdout is not None
        process.stdout.peek(1)  # type: ignore[attr-defined]  # the first message, left in the buffer
        return process

    def play(self, locustfile: str = "", **changes: Any) -> Played:
        return Played(self.start(self.plan(locustfile, **changes)))
