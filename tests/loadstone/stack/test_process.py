import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.stack.guardian import Guardian
from loadstone.stack.process import TAIL_LINES, ChildProcess


@pytest.fixture(scope="module")
def keeper() -> Iterator[Guardian]:
    with Guardian() as guardian:
        yield guardian


def shell(guardian: Guardian, script: str, name: str, **options: object) -> ChildProcess:
    return ChildProcess(guardian, name, ["/bin/sh", "-c", script], **options)  # type: ignore[arg-type]


def never() -> bool:
    return False


def test_a_child_that_dies_while_it_starts_is_reported_with_the_end_of_its_log(keeper: Guardian) -> None:
    child = shell(keeper, "seq 1 40; echo 'the disk is full' >&2; exit 3", "dying")
    with pytest.raises(LoadstoneError) as error:
        child.wait_until(never, "answer", timeout_s=5)
    first, *tail = error.value.message.splitlines()
    assert first == "dying ended with exit code 3 before it could answer. Its last lines:"
    assert tail == [str(n) for n in range(27, 41)] + ["the disk is full"]
    assert len(tail) == TAIL_LINES


def test_a_program_that_does_not_exist_is_reported_by_name(keeper: Guardian) -> None:
    child = ChildProcess(keeper, "missing", ["/no/such/program"])
    with pytest.raises(LoadstoneError, match="missing ended with exit code 127") as error:
        child.wait_until(never, "answer", timeout_s=5)
    assert "/no/such/program" in str(error.value)


def test_a_child_that_is_not_ready_in_time_is_reported(keeper: Guardian) -> None:
    child = shell(keeper, "sleep 60", "slow")
    with pytest.raises(
        LoadstoneError, match=re.escape("slow did not answer within 0.05 s. It wrote nothing.")
    ):
        child.wait_until(never, "answer", timeout_s=0.05)
    assert child.is_running


def test_waiting_for_the_end_tells_success_failure_and_lateness_apart(keeper: Guardian) -> None:
    shell(keeper, "exit 0", "good").wait(timeout_s=5)
    with pytest.raises(LoadstoneError, match="bad ended with exit code 4"):
        shell(keeper, "exit 4", "bad").wait(timeout_s=5)
    with pytest.raises(LoadstoneError, match=re.escape("late was not done within 0.05 s")):
        shell(keeper, "sleep 60", "late").wait(timeout_s=0.05)


def test_stopping_asks_with_the_signal_of_the_child(keeper: Guardian) -> None:
    child = shell(
        keeper, "trap 'echo asked; exit' QUIT; echo up; sleep 60 & wait", "polite", stop_signal=signal.SIGQUIT
    )
    child.wait_until(lambda: child.log_tail() == "up", "speak", timeout_s=5)
    child.stop()
    assert child.log_tail() == "up\nasked"
    child.stop()  # once more is harmless


def test_stopping_kills_who_does_not_listen(keeper: Guardian) -> None:
    child = shell(keeper, "trap '' TERM; echo up; sleep 60", "stubborn")
    child.wait_until(lambda: child.log_tail() == "up", "speak", timeout_s=5)
    child.stop(timeout_s=0.1)
    assert not child.is_running


def test_a_child_runs_where_and_on_which_cores_it_is_told(keeper: Guardian, tmp_path: Path) -> None:
    core = max(os.sched_getaffinity(0))
    child = shell(
        keeper,
        'pwd; echo "$COLOUR"; grep Cpus_allowed_list /proc/self/status',
        "placed",
        working_directory=tmp_path,
        environment={"COLOUR": "green", "PATH": os.environ["PATH"]},
        cores={core},
    )
    child.wait(timeout_s=5)
    assert child.log_tail().split() == [str(tmp_path), "green", "Cpus_allowed_list:", str(core)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_root_can_run_a_child_as_somebody_else_and_reads_its_log(keeper: Guardian) -> None:
    child = shell(keeper, "id -un; id -Gn", "humble", user="nobody")
    child.wait(timeout_s=5)
    assert child.log_tail().split() == ["nobody", "nogroup"]
