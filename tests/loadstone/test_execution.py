from pathlib import Path

import pytest

from loadstone.directory import RunDirectory
from loadstone.execution import RunRequest
from loadstone.generator import Workers
from loadstone.project import ScenarioSpec
from loadstone.system import SystemPlan


def request(local: int, remote: int) -> RunRequest:
    return RunRequest(
        system=SystemPlan(ScenarioSpec(about="", locustfile=""), {}, seed=1),
        scenario_name="",
        id="",
        command="",
        directory=RunDirectory(Path()),
        workers=Workers(local, remote),
    )


@pytest.mark.parametrize(
    ("cores", "local", "remote", "working"),
    [(1, 0, 0, 1), (8, 0, 0, 1), (8, 4, 0, 4), (8, 9, 0, 7), (2, 2, 0, 1), (2, 0, 3, 3), (2, 2, 3, 4)],
)
def test_load_processes_that_share_a_core_do_no_more_than_one(
    cores: int, local: int, remote: int, working: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(cores)))
    assert request(local, remote).load_processes == working
