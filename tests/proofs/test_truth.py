"""What `loadstone run` reports of a stall, beside the closed form and the server's own log.

A run whose generator was the limit reports no latency, and one whose server, by its own log, did not answer
as the closed form has it tells of a busy machine: both are played again. What was reported decides nothing.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadstone.arrivals import parse_arrivals
from loadstone.records.journal import Load, read_journal
from tests.loadstone.load import stall
from tests.loadstone.load.conftest import started_server
from tests.loadstone.load.stall import Observer, observe, tolerance_s
from tests.proofs.conftest import Proofs

LOCUSTFILE = Path(__file__).with_name("lean_user.py")
ATTEMPTS = 4
WARM_UP_S = 1.0
STALL_FROM_S = 2.0  # after the first request
FIFO_SPEED = 2.0  # a server that serves one after the other is twice as fast as requests arrive
NAMES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


@dataclass(frozen=True)
class Case:
    """A server, its stall, and the plan. A gate gives λS answers at once: few enough to be read quickly."""

    server: str
    rate: float
    stall_s: float
    duration_s: float
    processes: int = 0

    @property
    def name(self) -> str:
        return f"{self.server}-{self.rate:g}-{self.stall_s:g}s-{self.processes}"

    @property
    def server_arguments(self) -> list[str]:
        # The gate closes just before an arrival, not just after one: plan and gate start a moment apart.
        speed = [] if self.server == "gate" else [str(self.rate * FIFO_SPEED)]
        return [f"{self.server}:page", *speed, str(STALL_FROM_S - 0.0015), str(self.stall_s)]

    @property
    def run_arguments(self) -> list[str]:
        plan = ["--arrivals", "constant", "--rate", str(self.rate), "--max-in-flight", "500"]
        times = ["--warm-up", f"{WARM_UP_S}s", "--duration", f"{self.duration_s}s", "--drain", "5s"]
        return ["-f", str(LOCUSTFILE), *plan, *times, "--processes", str(self.processes)]

    def planned_s(self, plan_start_s: float) -> list[float]:
        plan = parse_arrivals("constant", self.rate, warm_up_s=WARM_UP_S, duration_s=self.duration_s)
        return [plan_start_s + start_s for start_s in plan.starts_s(WARM_UP_S + self.duration_s)]

    def truth_s(self, q: float, base_s: float) -> float:
        if self.server == "gate":
            return stall.parallel_s(q, base_s, self.stall_s, self.duration_s)
        return stall.fifo_s(q, self.rate, self.rate * FIFO_SPEED, self.stall_s, self.duration_s)


# None has its last slow request exactly at a quantile: there the truth jumps.
CASES = [
    Case("gate", 1000, 0.1, 12),
    Case("gate", 400, 0.3, 8),
    Case("gate", 200, 1.0, 8),
    Case("gate", 60, 3.0, 20),
    Case("gate", 100, 1.0, 12, processes=4),
    Case("gate", 50, 3.0, 20, processes=4),
    Case("fifo", 400, 0.1, 6),
    Case("fifo", 500, 0.3, 21),
    Case("fifo", 200, 1.0, 10),
    Case("fifo", 100, 3.0, 20),
    Case("fifo", 100, 1.0, 10, processes=4),
    Case("fifo", 50, 3.0, 20, processes=4),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_reported_quantile_of_a_stall_is_true(proofs: Proofs, case: Case) -> None:
    for attempt in range(ATTEMPTS):
        told = play(proofs, case, f"truth-{case.name}-{attempt}")
        if told is None:
            continue
        reported, observed_s = told
        closed_form_s = {name: case.truth_s(NAMES[name], observed_s["p50"]) for name in reported}
        if all(near(observed_s[name], closed_form_s[name], share=0.5) for name in reported):
            assert len(reported) >= 4
            for name, latency_s in reported.items():
                assert near(latency_s, closed_form_s[name]), f"{name}: closed form"
                assert near(latency_s, observed_s[name]), f"{name}: the server's log"
            return
    pytest.fail(f"the machine was too busy in {ATTEMPTS} runs; nothing was proved")


def near(latency_s: float, truth_s: float, share: float = 1.0) -> bool:
    return abs(latency_s - truth_s) <= share * tolerance_s(truth_s)


def play(proofs: Proofs, case: Case, name: str) -> tuple[dict[str, float], dict[str, float]] | None:
    """Return the quantiles that the record reports and those of the server's log; None for an invalid run."""
    directory = proofs.directory(name)
    log_path = directory.path / "observed.json"
    with started_server(*case.server_arguments) as (url, _):
        code, run = proofs.run(name, "--host", url, *case.run_arguments)
        if not log_path.exists():
            log_path.write_text(json.dumps(observe(url).log_s))
    if code != 0:
        assert run.invalid_reasons, f"exit code {code}"
        return None
    planned_s = case.planned_s(plan_start_s(directory.journal_path))
    warmed_up = int(WARM_UP_S * case.rate)
    observer = Observer(json.loads(log_path.read_text())[warmed_up:])
    reported = {name: value for name in NAMES if (value := getattr(run.total.latency_s, name)) is not None}
    return reported, {name: observer.latency_s(NAMES[name], planned_s[warmed_up:]) for name in reported}


def plan_start_s(journal_path: Path) -> float:
    """Return when the plan began, on CLOCK_MONOTONIC: for all workers at once."""
    loads = [entry.message for entry in read_journal(journal_path) if isinstance(entry, Load)]
    starts_s = [message.at_s for message in loads if message.kind == "started"]
    assert max(starts_s) - min(starts_s) < 0.001
    return min(starts_s)
