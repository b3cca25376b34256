import time
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.generator import Generator, Workers, core_of
from loadstone.records.load import LoadMessage, LoadPlan
from loadstone.stack.guardian import Guardian

IDLER = "from locust import User, task\n\nclass Idler(User):\n    @task\n    def idle(self): pass\n"
LIMIT_S = 30


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    locustfile = tmp_path / "locustfile.py"
    locustfile.write_text(IDLER)
    return LoadPlan(
        locustfile=str(locustfile),
        hosts=["http://127.0.0.1:9"],
        arrivals="constant",
        rate=100,
        duration_s=1.0,
        warm_up_s=0,
        drain_s=1.0,
        max_in_flight=10,
        seed=1,
    )


def messages_of(generator: Generator) -> list[LoadMessage]:
    deadline_s = time.monotonic() + LIMIT_S
    messages = []
    while not generator.is_over and time.monotonic() < deadline_s:
        if message := generator.next_message(1.0):
            messages.append(message)
    return messages


@pytest.mark.parametrize("workers", [0, 2])
def test_a_plan_is_played_by_as_many_processes_as_asked(workers: int, tmp_path: Path, plan: LoadPlan) -> None:
    with Guardian() as guardian:
        generator = Generator(guardian, tmp_path / "load.log", workers=Workers(local=workers))
        generator.begin(plan)
        messages = messages_of(generator)
    finals = sorted(message.worker for message in messages if message.kind == "final")
    assert finals == list(range(workers or 1))
    assert sum(row.completed for message in messages for row in message.rows) == 100


def test_what_a_worker_cannot_play_is_told(tmp_path: Path, plan: LoadPlan) -> None:
    Path(plan.locustfile).write_text(IDLER + "    def on_start(self):\n        raise OSError('no login')\n")
    with Guardian() as guardian:
        generator = Generator(guardian, tmp_path / "load.log", workers=Workers(local=1))
        generator.begin(plan)
        assert messages_of(generator) == []
        death = generator.death()
    assert isinstance(death, LoadstoneError)
    assert "no user survived on_start: a task raised OSError: no login" in str(death)


def test_workers_take_the_cores_in_turn() -> None:
    assert [core_of(number, {4, 3}) for number in range(3)] == [[3], [4], [3]]
    assert core_of(0, None) is None
