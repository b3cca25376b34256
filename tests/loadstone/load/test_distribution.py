import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from locust.runners import WorkerNode

from loadstone.load.master import Master
from loadstone.load.protocol import Hello
from loadstone.load.stream import Descriptor
from loadstone.records.event import read_events, worker_events_path
from loadstone.records.load import LoadMessage
from tests.loadstone.load.conftest import ONE_GET
from tests.loadstone.load.distributed import Distributed, free_port, start_worker
from tests.loadstone.load.played import Load, Played

Start = Callable[..., Distributed]

TWO_CLASSES = """
from locust import FastHttpUser, task, events
from locust.runners import MasterRunner, WorkerRunner
from loadstone import arrival_random, record_event

@events.init.add_listener
def know_the_runner(environment, **_):
    wanted = WorkerRunner if environment.user_classes else MasterRunner
    assert isinstance(environment.runner, (MasterRunner, WorkerRunner))

class Reader(FastHttpUser):
    @task
    def read(self):
        record_event("key", "test.draw", arrival_random().random(), 0.0, 0.0)
        self.client.get("/", name="/read")

class Writer(FastHttpUser):
    @task
    def write(self):
        self.client.get("/", name="/write")
"""


@pytest.fixture
def start(load: Load) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(**options: object) -> Distributed:
            distributed = Distributed(load, **options)  # type: ignore[arg-type]
            stack.callback(distributed.end)
            return distributed

        yield start


def of(worker: int, kind: str = "progress") -> Callable[[LoadMessage], bool]:
    return lambda message: message.worker == worker and message.kind == kind


def finals(played: Played) -> list[int]:
    return sorted(message.worker for message in played.messages if message.kind == "final")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, url: str) -> Iterator[tuple[Played, Path, list[int]]]:
    """Three workers' run of two classes, whose facts are kept."""
    folder = tmp_path_factory.mktemp("shared")
    facts = folder / "events.jsonl"
    distributed = Distributed(
        Load(folder, url, TWO_CLASSES), 3, rate=150, duration_s=2.0, max_in_flight=30, events_path=str(facts)
    )
    yield distributed.played(), facts, distributed.exit_codes()
    distributed.end()


Shared = tuple[Played, Path, list[int]]


def test_the_union_of_the_workers_is_the_plan(shared: Shared) -> None:
    played, _, exit_codes = shared
    assert played.exit_code == 0, played.stderr
    assert played.total("planned") == played.total("completed") == 300
    assert played.total("dropped") == 0
    assert exit_codes == [0, 0, 0]


def test_every_worker_counts_its_messages_and_sends_a_last_one(shared: Shared) -> None:
    for worker in range(3):
        messages = [message for message in shared[0].messages if message.worker == worker]
        assert [message.sequence for message in messages] == list(range(len(messages)))
        assert [message.kind for message in messages[:1] + messages[-1:]] == ["started", "final"]


def test_workers_start_at_one_instant_and_say_who_they_are(shared: Shared) -> None:
    started = [message for message in shared[0].messages if message.kind == "started"]
    assert len({message.at_s for message in started}) == 1
    assert len({message.name for message in started}) == 3
    assert len({message.boot_id for message in started}) == 1


def test_every_worker_serves_every_class(shared: Shared) -> None:
    for worker in range(3):
        rows = [row for message in shared[0].messages if message.worker == worker for row in message.rows]
        assert {name for row in rows for name in row.endpoints} == {"GET /read", "GET /write"}


def test_every_worker_has_a_file_of_facts(shared: Shared) -> None:
    files = [Path(worker_events_path(str(shared[1]), worker)) for worker in range(3)]
    draws = [event.value for file in files for event in read_events(file)]
    assert len(set(draws)) == len(draws) == shared[0].latency("GET /read").count


@pytest.fixture(scope="module")
def mishaps(tmp_path_factory: pytest.TempPathFactory, url: str) -> Iterator[dict[str, Distributed]]:
    """Runs that something happened to; all at once, because what is seen of most is a silence of seconds."""
    plans: dict[str, dict[str, Any]] = {
        "worker killed": {"duration_s": 3.0},
        "worker stopped": {"duration_s": 7.0, "max_in_flight": 400},
        "master killed": {"duration_s": 60.0},
        "nobody reads": {"duration_s": 60.0, "processes": 1},
    }
    with ExitStack() as stack:
        runs = {}
        for name, plan in plans.items():
            load = Load(tmp_path_factory.mktemp(name.replace(" ", "-")), url, ONE_GET)
            runs[name] = Distributed(load, rate=50, **plan)
            stack.callback(runs[name].end)
        for run in runs.values():
            run.hear_until(of(len(run.workers) - 1))
        _let_happen(runs)
        yield runs


def _let_happen(runs: dict[str, Distributed]) -> None:
    runs["worker killed"].workers[0].kill()
    runs["master killed"].master.kill()
    unread = runs["nobody reads"].master
    assert unread.stdout is not None
    unread.stdout.close()
    unread.stdout = None
    runs["worker stopped"].workers[0].send_signal(signal.SIGSTOP)
    time.sleep(5)
    runs["worker stopped"].workers[0].send_signal(signal.SIGCONT)


def test_a_killed_worker_is_said_and_the_others_play_on(mishaps: dict[str, Distributed]) -> None:
    played = mishaps["worker killed"].played()
    assert played.exit_code == 0
    [lost] = [message for message in played.messages if message.kind == "lost"]
    assert sorted([lost.worker, *finals(played)]) == [0, 1]
    [sentence] = lost.warnings
    assert sentence.startswith("it has said nothing for")
    said = [message for message in played.messages if message.worker == lost.worker]
    assert [message.sequence for message in said] == list(range(len(said)))
    other = [row for message in played.messages if message.worker != lost.worker for row in message.rows]
    assert sum(row.completed for row in other) == 75


def test_a_stopped_worker_comes_back_and_says_how_late_it_was(mishaps: dict[str, Distributed]) -> None:
    played = mishaps["worker stopped"].played()
    assert finals(played) == [0, 1]
    assert not [message for message in played.messages if message.kind == "lost"]
    assert played.total("completed") == played.total("planned") == 350
    assert (played.lag("wake_lag").max_s or 0) > 4


def test_workers_end_when_the_master_is_killed(mishaps: dict[str, Distributed]) -> None:
    assert mishaps["master killed"].exit_codes(limit_s=15) == [3, 3]


def test_all_end_when_nobody_reads(mishaps: dict[str, Distributed]) -> None:
    assert mishaps["nobody reads"].master.wait(5) == 3
    assert mishaps["nobody reads"].exit_codes(limit_s=15) == [3]


def test_an_interrupt_of_the_master_drains_all_workers(start: Start) -> None:
    running = start(duration_s=60.0, rate=50)
    running.hear_until(of(0))
    running.master.send_signal(signal.SIGINT)
    played = running.played()
    assert finals(played) == [0, 1]
    assert played.total("completed") == played.total("planned") > 40
    assert running.exit_codes() == [0, 0]


def test_an_interrupt_before_the_users_are_ready_ends_the_run(start: Start, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    slow = f"    def on_start(self):\n        open({str(seen)!r}, 'w').close(); import time; time.sleep(60)\n"
    run = start(locustfile=ONE_GET + slow, processes=1)
    deadline_s = time.monotonic() + 20
    while not seen.exists() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    run.master.send_signal(signal.SIGINT)
    played = run.played()
    assert played.exit_code == 2
    assert "the run was stopped before its users were ready." in played.stderr
    assert run.exit_codes() == [3]


def test_an_interrupt_of_a_worker_drains_all(start: Start) -> None:
    running = start(duration_s=60.0, rate=50)
    running.hear_until(of(1))
    running.workers[0].send_signal(signal.SIGINT)
    played = running.played()
    assert finals(played) == [0, 1]
    assert played.total("completed") == played.total("planned") > 40


def test_a_task_that_quits_the_runner_ends_the_plan_for_all(start: Start) -> None:
    quitting = ONE_GET + "        if self.environment.runner.stats.num_requests > 10:\n"
    quitting += "            self.environment.runner.quit()\n"
    played = start(locustfile=quitting, duration_s=60.0, rate=50).played()
    assert finals(played) == [0, 1]
    assert played.total("completed") == played.total("planned") > 10


def test_users_who_quit_the_runner_in_on_stop_end_well(start: Start) -> None:
    quitting = ONE_GET + "    def on_stop(self):\n        self.environment.runner.quit()\n"
    run = start(locustfile=quitting, rate=50)
    played = run.played()
    assert finals(played) == [0, 1]
    assert played.notes("warnings") == []
    assert run.exit_codes() == [0, 0]


def test_a_closed_workload_is_shared_too(start: Start) -> None:
    thinking = ONE_GET.replace(
        "class Visitor(FastHttpUser):", "class Visitor(FastHttpUser):\n    wait_time = constant(0.1)"
    )
    running = start(locustfile="from locust import constant" + thinking, workload="closed", users=5)
    played = running.played()
    assert finals(played) == [0, 1]
    assert {message.in_flight for message in played.messages if message.kind == "progress"} <= {2, 3}
    assert 25 < played.total("completed") < 60
    assert played.latency().count == played.total("completed")


def test_fewer_users_than_workers_are_refused(start: Start) -> None:
    played = start(processes=0, workers=2, max_in_flight=1).played()
    assert played.exit_code == 2
    assert played.stderr == "1 users are too few for 2 workers. Raise --max-in-flight.\n"


def test_a_port_that_is_taken_is_a_sentence(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        played = start(processes=0, workers=1, port=taken.getsockname()[1]).played()
    assert played.exit_code == 2
    assert "the master cannot listen at 127.0.0.1:" in played.stderr


def test_another_locustfile_than_the_masters_is_refused(start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(ONE_GET + "\n")
    run = start(processes=0, workers=1)
    run.workers.append(start_worker(run.port, "-f", str(other)))
    played = run.played()
    assert played.exit_code == 2
    assert f"{other} is not the {tmp_path}/locustfile.py that the master has." in played.stderr
    assert run.exit_codes() == [2]


def test_who_has_not_introduced_itself_is_told_nothing(tmp_path: Path, url: str) -> None:
    port = free_port()
    master = Master(Load(tmp_path, url, ONE_GET).plan(workers=1, bind_port=port), Descriptor(-1))
    runner: Any = master._runner
    told: list[tuple[str, str]] = []
    runner.send_message = lambda kind, content, identity: told.append((kind, identity))
    runner.clients["silent"] = WorkerNode("silent")
    try:
        master._welcome("player", Hello("a:1", "boot"))
        master._start()
        master.stop()
    finally:
        runner.greenlet.kill()
    assert told == [("loadstone_start", "player"), ("loadstone_stop", "player")]


def test_a_worker_too_many_is_sent_away(start: Start) -> None:
    run = start(processes=2, workers=1)
    assert finals(run.played()) == [0]
    assert sorted(run.exit_codes()) == [0, 2]
