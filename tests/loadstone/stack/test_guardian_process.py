import subprocess
from collections.abc import Iterator

import pytest

from loadstone.stack import guardian_process
from loadstone.stack.guardian_process import Charge, read_process, read_processes


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_charge_ends_what_it_was_told_to_watch(sleeper: subprocess.Popen[bytes]) -> None:
    charge = Charge()
    charge.note(f"process {sleeper.pid} SIGTERM\n")
    assert charge.end_processes() == []
    assert sleeper.wait() == -15


def test_a_stranger_that_got_a_watched_id_is_left_alone(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = Charge()
    charge.note(f"process {sleeper.pid} SIGTERM\n")
    rows = read_processes()
    rows[sleeper.pid].started += 1
    monkeypatch.setattr(guardian_process, "read_processes", lambda: rows)
    assert charge.end_processes() == []
    assert sleeper.poll() is None


def test_an_id_whose_process_had_ended_before_it_was_noted_belongs_to_nobody(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = Charge()
    with monkeypatch.context() as patched:
        patched.setattr(guardian_process, "read_process", lambda pid: None)
        charge.note(f"process {sleeper.pid} SIGTERM\n")
    assert charge.end_processes() == []
    assert sleeper.poll() is None


def test_a_zombie_counts_as_gone() -> None:
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.read()
        while (row := read_process(process.pid)) is not None:
            assert row.parent != 0
        assert process.returncode is None  # not waited for: still a zombie


def test_a_name_with_spaces_and_brackets_does_not_shift_the_fields(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    program = tmp_path_factory.mktemp("names") / "a) b (c"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"], start_new_session=True) as process:
        row = read_process(process.pid)
        process.kill()
    assert row
    assert (row.group, row.session) == (process.pid, process.pid)
