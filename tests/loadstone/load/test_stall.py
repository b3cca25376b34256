"""Coordinated omission, by its closed form and by the server's own log: see `stall`."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadstone.arrivals import parse_arrivals
from loadstone.load.arrival import Arrival
from loadstone.load.recorder import Recorder
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import decode_message
from tests.loadstone.load import stall
from tests.loadstone.load.conftest import StartServer, started_server
from tests.loadstone.load.played import Load, Played
from tests.loadstone.load.stall import Observer, observe, tolerance_s

RATE = 100.0  # so few that the answers to all who waited are read within the tolerance
DURATION_S = 5.0
STALL_S = 0.5
STALL_FROM_S = 2.0
FIFO_RATE = 200.0
BASE_S = 0.002
QUANTILES = (0.5, 0.95, 0.99)
ATTEMPTS = 3
JUST_BEFORE_S = 0.0015  # an arrival: so that it is held, however early it comes
BUSY_S = stall.TOLERANCE_S / 2  # what the machine may add before a run says nothing
PLAN_S = list(parse_arrivals("constant", RATE).starts_s(DURATION_S))
LEAN_GET = """
from locust import task
from loadstone import HttpUser

class Visitor(HttpUser):
    @task
    def visit(self):
        self.client.get("/")
"""


def parallel_s(q: float, base_s: float) -> float:
    return stall.parallel_s(q, base_s, STALL_S, DURATION_S)


def fifo_s(q: float, stall_s: float = STALL_S) -> float:
    return stall.fifo_s(q, RATE, FIFO_RATE, stall_s, DURATION_S)


# Exactly, with a fake clock: the plan, the arithmetic of latency and the histograms are the production code.


def simulated(answer_at: Callable[[float], float]) -> LatencyHistogram:
    """Return the latencies of the plan on a simulated server, through arrivals, recorder and rows."""
    recorder = Recorder()
    recorder.plan_start_s = 0.0
    for number, start_s in enumerate(PLAN_S):
        arrival = Arrival(number, start_s, seed=1)
        recorder.request("GET /", arrival, start_s, answer_at(start_s))
    return merged(LatencyHistogram(row.endpoints["GET /"].ok.latency) for row in recorder.take_rows())


def gate_answer_s(start_s: float) -> float:
    stalled = STALL_FROM_S <= start_s < STALL_FROM_S + STALL_S
    return (STALL_FROM_S + STALL_S if stalled else start_s) + BASE_S


def fifo_server() -> Callable[[float], float]:
    free_s = 0.0

    def answer_s(start_s: float) -> float:
        nonlocal free_s
        begin_s = max(free_s, start_s)
        stalled = STALL_FROM_S <= begin_s < STALL_FROM_S + STALL_S
        free_s = (STALL_FROM_S + STALL_S if stalled else begin_s) + 1 / FIFO_RATE
        return free_s

    return answer_s


@pytest.mark.parametrize("q", [0.5, 0.9, 0.95, 0.99])
def test_a_stall_of_a_parallel_server_gives_exactly_the_quantiles_of_the_closed_form(q: float) -> None:
    assert simulated(gate_answer_s).quantile_s(q) == pytest.approx(parallel_s(q, BASE_S), rel=1e-3)


@pytest.mark.parametrize("q", [0.5, 0.9, 0.95, 0.99])
def test_a_stall_of_a_fifo_server_gives_exactly_the_quantiles_of_the_closed_form(q: float) -> None:
    assert simulated(fifo_server()).quantile_s(q) == pytest.approx(fifo_s(q), rel=1e-3)


def test_a_stall_of_a_parallel_server_gives_the_maximum_mean_and_count_of_the_closed_form() -> None:
    latency = simulated(gate_answer_s)
    assert latency.max_s == pytest.approx(BASE_S + STALL_S, abs=1e-6)
    # The sum of a falling staircase: half a step more than the integral S²/2D.
    assert latency.mean_s == pytest.approx(BASE_S + STALL_S * (STALL_S + 1 / RATE) / 2 / DURATION_S, abs=1e-6)
    assert latency.counts_above_s(2 * BASE_S) == RATE * STALL_S


# Against a real server that stalls, through the load process.


@dataclass(frozen=True)
class Stalled:
    """A run through a stall: what the load process said, what the server saw, how long it was stopped."""

    played: Played
    observer: Observer
    stall_s: float

    @property
    def planned_s(self) -> list[float]:
        return [self.played.messages[0].at_s + start_s for start_s in PLAN_S]

    def latency_s(self, q: float) -> float:
        latency_s = self.played.latency().quantile_s(q)
        assert latency_s is not None
        return latency_s


def undisturbed(play: Callable[[], Stalled], truth_s: Callable[[float, Stalled], float]) -> Stalled:
    """Return a run on a machine that was not busy with something else, or the last of a few.

    A busy one shows in the generator's lags, or in the server's own log, when the answers were not given when
    they should have been. Which latencies were recorded decides nothing.
    """
    for _ in range(ATTEMPTS):
        stalled = play()
        lags_s = [stalled.played.lag(lag).quantile_s(0.99) or 0.0 for lag in ("wake_lag", "canary_lag")]
        errors_s = [
            abs(stalled.observer.latency_s(q, stalled.planned_s) - truth_s(q, stalled)) for q in QUANTILES
        ]
        if max(*lags_s, *errors_s) <= BUSY_S:
            break
    return stalled


@pytest.mark.parametrize("q", QUANTILES)
def test_a_gate_that_closes_shows_as_the_closed_form_says(gate_run: Stalled, q: float) -> None:
    truth_s = parallel_s(q, base_s=gate_run.latency_s(0.5))
    assert gate_run.latency_s(q) == pytest.approx(truth_s, abs=tolerance_s(truth_s))


@pytest.mark.parametrize("q", QUANTILES)
def test_a_stopped_fifo_server_shows_as_the_closed_form_says(fifo_run: Stalled, q: float) -> None:
    truth_s = fifo_s(q, fifo_run.stall_s)
    assert fifo_run.latency_s(q) == pytest.approx(truth_s, abs=tolerance_s(truth_s))


@pytest.mark.parametrize("q", QUANTILES)
@pytest.mark.parametrize("run", ["gate_run", "fifo_run"])
def test_a_stall_shows_as_the_server_saw_it(request: pytest.FixtureRequest, run: str, q: float) -> None:
    stalled: Stalled = request.getfixturevalue(run)
    truth_s = stalled.observer.latency_s(q, stalled.planned_s)
    assert stalled.latency_s(q) == pytest.approx(truth_s, abs=tolerance_s(truth_s))


def test_requests_reach_a_server_that_stalls_when_they_were_planned(gate_run: Stalled) -> None:
    assert gate_run.observer.lateness_s(0.99, gate_run.planned_s) < stall.TOLERANCE_S


def test_nothing_is_dropped_or_lost_in_a_stall_within_the_bound(gate_run: Stalled) -> None:
    played = gate_run.played
    assert played.total("planned") == played.total("completed") == played.latency().count == len(PLAN_S)


@pytest.fixture(scope="module")
def gate_run(tmp_path_factory: pytest.TempPathFactory) -> Stalled:
    folder = tmp_path_factory.mktemp("gate")

    def play() -> Stalled:
        with started_server("gate", "1e9", str(STALL_S)) as (url, _):
            process = Load(folder, url, LEAN_GET).start_plan(
                rate=RATE, duration_s=DURATION_S, max_in_flight=300
            )
            close_gate(url, planned_start_s(process) + STALL_FROM_S - JUST_BEFORE_S)
            return Stalled(Played(process), observe(url), STALL_S)

    return undisturbed(play, lambda q, stalled: parallel_s(q, stalled.latency_s(0.5)))


@pytest.fixture(scope="module")
def fifo_run(tmp_path_factory: pytest.TempPathFactory) -> Stalled:
    folder = tmp_path_factory.mktemp("fifo")

    def play() -> Stalled:
        with started_server("fifo", str(FIFO_RATE)) as (url, server):
            load = Load(folder, url, LEAN_GET)
            process = load.start_plan(rate=RATE, duration_s=DURATION_S, max_in_flight=300)
            time.sleep(STALL_FROM_S)
            stall_s = stop_for(server, STALL_S)
            return Stalled(Played(process), observe(url), stall_s)

    return undisturbed(play, lambda q, stalled: fifo_s(q, stalled.stall_s))


def planned_start_s(process: "subprocess.Popen[bytes]") -> float:
    """Return when the plan begins, of its first message; the message is left in the buffer."""
    assert process.stdout is not None
    line: bytes = process.stdout.peek()  # type: ignore[attr-defined]
    return decode_message(line.splitlines()[0]).at_s


def close_gate(url: str, at_s: float) -> None:
    """Have the server hold what arrives from this instant of CLOCK_MONOTONIC on."""
    with urllib.request.urlopen(f"{url}/stall/{at_s}", timeout=10):
        pass


def stop_for(process: "subprocess.Popen[str]", duration_s: float) -> float:
    """Stop the process and let it go on; return how long it was stopped."""
    begin_s = time.monotonic()
    process.send_signal(signal.SIGSTOP)
    time.sleep(duration_s)
    process.send_signal(signal.SIGCONT)
    return time.monotonic() - begin_s


def test_beyond_the_bound_in_flight_arrivals_are_dropped(load: Load, start_server: StartServer) -> None:
    bound = 20
    url, _ = start_server("gate", "0.5", str(STALL_S))
    played = load.play(hosts=[url], rate=RATE, duration_s=1.5, max_in_flight=bound)
    assert played.total("dropped") == pytest.approx(RATE * STALL_S - bound, abs=1)
    assert played.total("planned") == played.total("sent") + played.total("dropped") == RATE * 1.5


def test_a_plain_closed_user_hides_the_same_stall(tmp_path: Path, start_server: StartServer) -> None:
    """The negative control: two users who wait for their answers sample the stall twice in a thousand."""
    locustfile = tmp_path / "closed.py"
    locustfile.write_text(
        "from locust import FastHttpUser, constant_throughput, task\n"
        "class Visitor(FastHttpUser):\n"
        f"    wait_time = constant_throughput({RATE / 2})\n"
        "    @task\n"
        "    def visit(self):\n"
        "        self.client.get('/')\n"
    )
    url, _ = start_server("gate", str(STALL_FROM_S), str(STALL_S))
    command = ["locust", "-f", str(locustfile), "--headless", "-u2", "-r2", "-t5s", "-H", url, "--json"]
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, check=True, timeout=30)
    counts = {float(ms): n for ms, n in json.loads(run.stdout)[0]["response_times"].items()}
    slow = sum(n for ms, n in counts.items() if ms > 100)
    assert sum(counts.values()) > 300
    assert slow >= 1
    assert slow / sum(counts.values()) < 0.01  # so the p99 knows nothing of half a second
