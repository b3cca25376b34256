import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.stack.guardian import Guardian
from loadstone.stack.guardian_process import remove_system_v_segment
from tests.loadstone.stack import segments
from tests.loadstone.stack.remains import is_alive, remains_after, remains_in
from tests.loadstone.stack.scripts import Scripts
from tests.loadstone.stack.segments import create_system_v_segment

PROMPTLY_S = 4.0  # it takes 0.3 s; but removing files waits for a disk that others may keep busy
PHASES = 3  # what `start_stack` reports: servers, data and replicas, service


@pytest.mark.parametrize(
    ("signal_number", "line"),
    [
        pytest.param(signal.SIGKILL, "", id="SIGKILL"),
        pytest.param(signal.SIGTERM, "", id="SIGTERM"),
        pytest.param(signal.SIGINT, "", id="Ctrl-C"),
        pytest.param(None, "fail\n", id="exception"),
        pytest.param(None, "end\n", id="normal end"),
    ],
)
def test_however_the_harness_ends_nothing_of_its_stack_is_left(
    scripts: Scripts, signal_number: int | None, line: str
) -> None:
    harness = scripts.start("harness.py")
    urls = harness.hear_until(list)
    assert len(remains_in(harness.directory, urls)) > 15  # else the test looks in the wrong place
    harness.end(signal_number, line)
    assert remains_after(PROMPTLY_S, harness.directory, urls) == []


@pytest.mark.parametrize("delay_s", [0.0, 0.1])
@pytest.mark.parametrize("phase", range(PHASES))
def test_a_harness_killed_while_it_starts_leaves_nothing(
    scripts: Scripts, phase: int, delay_s: float
) -> None:
    harness = scripts.start("harness.py")
    for _ in range(phase + 1):
        harness.hear_until(str)
    time.sleep(delay_s)
    assert remains_in(harness.directory) != []
    harness.end(signal.SIGKILL)
    assert remains_after(PROMPTLY_S, harness.directory) == []


@pytest.mark.parametrize("children", range(1, 9))
def test_there_is_no_instant_in_which_a_kill_orphans_a_child(scripts: Scripts, children: int) -> None:
    brood = scripts.start("brood.py")
    while brood.hear() < children:
        pass
    time.sleep(children * 3e-4)  # into the start of the next one, at another point each time
    brood.end(signal.SIGKILL)
    assert remains_after(PROMPTLY_S, brood.directory) == []


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("trap '' TERM; echo $$; sleep 60", id="ignores the request to end"),
        pytest.param("echo $$; kill -STOP $$; sleep 60", id="is paused"),
        pytest.param("setsid sh -c 'echo $$; sleep 60' & wait", id="is a grandchild in a session of its own"),
        pytest.param(
            "sh -c 'trap \"\" TERM; echo $$; sleep 60' & sleep 0.1",
            id="has outlived the leader of its group, and ignores the request to end",
        ),
    ],
)
def test_no_child_survives_a_closed_guardian_that(tmp_path: Path, script: str) -> None:
    with Guardian() as guardian:
        child = guardian.spawn(["sh", "-c", script], tmp_path / "log", stdout=subprocess.PIPE)
        assert child.stdout
        pid = int(child.stdout.readline())
        time.sleep(0.2)
        assert is_alive(pid)
    assert not is_alive(pid)


def test_a_paused_child_gets_to_act_on_the_request_to_end(tmp_path: Path) -> None:
    script = f"trap 'echo asked > {tmp_path}/answer; exit' TERM; echo up; kill -STOP $$; sleep 60 & wait"
    with Guardian() as guardian:
        child = guardian.spawn(["sh", "-c", script], tmp_path / "log", stdout=subprocess.PIPE)
        assert child.stdout
        assert child.stdout.readline() == b"up\n"
        time.sleep(0.2)
    assert (tmp_path / "answer").read_text() == "asked\n"


def test_shared_memory_of_a_killed_child_is_removed_and_no_other(tmp_path: Path) -> None:
    foreign = create_system_v_segment()
    name = f"PostgreSQL.{secrets.randbits(64)}"
    with Guardian() as guardian:
        child = guardian.spawn(
            [sys.executable, segments.__file__, name], tmp_path / "log", stdout=subprocess.PIPE
        )
        assert child.stdout
        path, own = json.loads(child.stdout.readline())
        assert Path(path).exists()
        assert {own, foreign} <= system_v_segments()
    assert not Path(path).exists()
    assert system_v_segments() & {own, foreign} == {foreign}
    remove_system_v_segment(foreign)
    assert foreign not in system_v_segments()


def system_v_segments() -> set[int]:
    return {int(line.split()[1]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


def test_signals_do_not_end_the_guardian(tmp_path: Path) -> None:
    with Guardian() as guardian:
        time.sleep(0.2)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(guardian.pid, number)
        child = guardian.spawn(["sleep", "60"], tmp_path / "log")
    assert not is_alive(child.pid)
    assert not guardian.directory.exists()


def test_closing_twice_is_harmless() -> None:
    guardian = Guardian()
    guardian.close()
    guardian.close()
    assert not guardian.directory.exists()


def test_what_cannot_be_removed_is_named() -> None:
    guardian = Guardian()
    guardian.directory.rmdir()
    guardian.directory.touch()  # a file where a directory is to be removed
    with pytest.raises(LoadstoneError, match=f"left something behind: directory {guardian.directory}"):
        guardian.close()
    guardian.directory.unlink()


def test_others_cannot_list_the_directory() -> None:
    with Guardian() as guardian:
        assert guardian.directory.stat().st_mode & 0o777 == 0o711
