"""The commands as a user runs them: real processes, a real stack, somebody else's project."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

EXAMPLE = Path(__file__).parent / "example_project"
LOADSTONE = [sys.executable, "-c", "from loadstone.cli import main; main()"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DATABASE_URL", "DATABASE_READ_REPLICAS", "REDIS_URL"}
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "project"))


def loadstone(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LOADSTONE, *arguments], cwd=project, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*LOADSTONE, *arguments],
        cwd=project,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_seconds_of_load(project: Path, seconds: int) -> None:
    """Return when the journal of the only run holds that many progress messages."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for journal in project.glob("results/*/journal.jsonl"):
            if journal.read_text().count('"progress"') >= seconds:
                return
        time.sleep(0.05)
    raise AssertionError("the load did not begin")


def stack_of(process: subprocess.Popen[str]) -> Sequence[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def listening_ports(processes: Sequence[psutil.Process]) -> set[int]:
    return {
        port_of(connection)
        for process in processes
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def all_listening_ports() -> set[int]:
    return {port_of(c) for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN}


def wait_until_gone(left: Callable[[], Collection[object]]) -> None:
    """Return when nothing is left: within a second on a quiet machine, four on a busy one."""
    deadline = time.monotonic() + 4
    while left():
        assert time.monotonic() < deadline, left()
        time.sleep(0.05)


def port_of(connection: Any) -> int:
    return int(connection.laddr.port)


def only_record(project: Path) -> Path:
    (path,) = project.glob("results/*/run.json")
    return path


def unless_late(record: dict[str, Any], code: int) -> int:
    """Return the code, or 2 where a busy machine made the generator late and the record says so."""
    reasons = record.get("invalid_reasons", [])
    assert all(reason.startswith("the generator was") for reason in reasons)
    return 2 if reasons else code


def test_a_run_shows_speed_and_correctness_and_exits_with_0(project: Path) -> None:
    done = loadstone(project, "run", "--json")
    record = json.loads(done.stdout)
    assert done.returncode == unless_late(record, 0), done.stderr
    assert record["checks"]["counting"]["observed"] >= 190
    assert record["checks"]["counting"]["violations"] == 0
    assert record["arrivals"]["planned"] == 150
    assert record["endpoints"]["GET /count"]["requests"] == 150
    assert record["patterns"]["counting"]["counted"] == pytest.approx(150, abs=10)
    assert record["configuration"]["strategies"] == {"counting": "honest"}
    assert record == json.loads(only_record(project).read_text())
    assert only_record(project).with_name("report.html").exists()


def test_processes_share_one_plan_and_their_facts_are_checked_together(project: Path) -> None:
    done = loadstone(project, "run", "--processes", "2", "--json")
    record = json.loads(done.stdout)
    assert done.returncode == unless_late(record, 0), done.stderr
    assert len(record["workers"]) == 2
    assert record["arrivals"]["planned"] == 150
    assert record["checks"]["counting"]["observed"] >= 190
    assert record["checks"]["counting"]["violations"] == 0


def test_a_closed_run_is_labelled_closed(project: Path) -> None:
    done = loadstone(project, "run", "--closed", "--users", "4")
    record = json.loads(only_record(project).read_text())
    assert done.returncode == unless_late(record, 0), done.stderr
    assert (record["workload"], record["users"]) == ("closed", 4)
    assert "closed, 4 users" in done.stdout


def test_a_rate_beyond_the_generator_is_refused_before_the_load(project: Path, tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "XDG_CACHE_HOME": str(tmp_path)}  # so that it calibrates
    done = subprocess.run(
        [*LOADSTONE, "run", "--rate", "500000"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "the generator would be the limit: 500,000 arrivals per second" in done.stderr
    assert (tmp_path / "loadstone" / "calibration.json").exists()
    assert not list(project.glob("results/*/*"))


def test_a_violation_exits_with_1_and_is_shown(project: Path) -> None:
    done = loadstone(project, "run", "--set", "counting=lossy")
    assert done.returncode == 1, done.stderr
    assert "FAIL" in done.stdout
    assert "counts lost" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "storm"], "there is no scenario 'storm'. Choose one of: calm"),
        (
            ["run", "--set", "counting=magic"],
            "counting has no strategy 'magic'. Choose one of: honest, lossy",
        ),
        (["run", "--set", "cooking=x"], "there is no family 'cooking'. Choose one of: counting"),
        (["run", "--set", "counting"], "--set counting is no pair"),
        (["run", "--rate", "0"], "rate"),
        (["run", "--rate", "-5"], "rate"),
        (["run", "--rate", "many"], "Invalid value for '--rate'"),
        (["run", "--arrivals", "chaos"], "chaos"),
        (["run", "--duration", "soon"], "--duration soon is no duration"),
        (["run", "--duration", ""], "--duration  is no duration"),
        (["run", "--metrics-port", "70000"], "Invalid value for '--metrics-port'"),
        (["run", "--host", "http://127.0.0.1:1", "--service-processes", "2"], "--service-processes cannot"),
        (["run", "--host", "http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached"),
        (["run", "--host", "nowhere"], "--host nowhere is no URL"),
        (["run", "--host", "http://127.0.0.1:1", "--set", "counting=honest"], "--set cannot change"),
        (["run", "--out", "/proc/nothing"], "cannot write to /proc/nothing"),
        (["run", "-f", "absent.py", "--rate", "5"], "absent.py is no file"),
        (["run", "-f", "example_users.py"], "Give one: --rate"),
        (["run", "--users", "5"], "--users 5 belongs to a closed workload"),
        (["run", "--closed"], "a closed workload needs its users"),
        (["run", "--closed", "--users", "3", "--rate", "5"], "--rate belongs to an open workload"),
        (["run", "--arrivals", "ramp:1-5", "--rate", "5"], "has rates of its own"),
        (["run", "--arrivals", "replay:absent.csv"], "absent.csv"),
        (["worker", "--master", "127.0.0.1", "--port", "0"], "Invalid value for '--port'"),
        (["report", "absent"], "absent holds no run"),
        (["fly"], "No such command 'fly'"),
        (["run", "--colour"], "No such option"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_remedy_and_exit_2(
    project: Path, arguments: list[str], said: str
) -> None:
    done = loadstone(project, *arguments)
    assert done.returncode == 2
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("loadstone: ")]
    assert said in sentence
    assert "Traceback" not in done.stderr + done.stdout
    assert not list(project.glob("results/*/*"))


def test_sigkill_leaves_no_process_no_port_no_directory_and_a_readable_record(project: Path) -> None:
    running = start(project, "run", "--duration", "30s")
    wait_for_seconds_of_load(project, 3)
    stack = stack_of(running)
    ports = listening_ports(stack)
    directories = {Path(p.cwd()) for p in stack if "loadstone-" in p.cwd()}
    assert len(ports) >= 4
    running.kill()
    running.communicate()
    wait_until_gone(lambda: [p for p in stack if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])
    wait_until_gone(lambda: ports & all_listening_ports())
    wait_until_gone(lambda: [path for path in directories if path.exists()])
    reported = loadstone(project, "report", str(next(project.glob("results/*"))))
    assert reported.returncode == 0
    assert "PARTIAL" in reported.stdout
    record = json.loads(only_record(project).read_text())
    assert record["partial"] is True
    assert record["arrivals"]["sent"] >= 50


def test_ctrl_c_once_drains_checks_and_reports(project: Path) -> None:
    running = start(project, "run", "--duration", "30s")
    wait_for_seconds_of_load(project, 3)
    os.killpg(running.pid, signal.SIGINT)
    output, errors = running.communicate(timeout=20)
    record = json.loads(only_record(project).read_text())
    assert running.returncode == unless_late(record, 3), errors
    assert record["partial"] is True
    assert record["checks"]["counting"]["violations"] == 0
    assert ("PARTIAL" if record.get("valid", True) else "INVALID") in output


def test_ctrl_c_before_the_load_leaves_nothing_and_exits_with_3(project: Path) -> None:
    (project / "slow.py").write_text(
        "import time\nfrom locust import User, task\n"
        "class Slow(User):\n"
        "    def on_start(self):\n        time.sleep(60)\n"
        "    @task\n    def act(self):\n        pass\n"
    )
    running = start(project, "run", "-f", "slow.py", "--rate", "5")
    assert running.stderr is not None
    while "users log in" not in running.stderr.readline():
        pass
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 3, errors
    assert "Traceback" not in errors
    assert not list(project.glob("results/*/*"))


def test_sigterm_stops_now_and_keeps_what_was_measured(project: Path) -> None:
    running = start(project, "run", "--duration", "30s", "--drain", "20s")
    wait_for_seconds_of_load(project, 3)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=20)
    record = json.loads(only_record(project).read_text())
    assert running.returncode == unless_late(record, 3), errors
    assert record["partial"] is True
    assert record["checks"] == {}


def test_a_load_process_that_dies_makes_the_run_invalid_and_keeps_what_it_has(project: Path) -> None:
    running = start(project, "run", "--duration", "30s")
    wait_for_seconds_of_load(project, 3)
    (load,) = [p for p in stack_of(running) if "loadstone.load" in p.cmdline()]
    load.kill()
    output, errors = running.communicate(timeout=30)
    assert running.returncode == 2, errors
    record = json.loads(only_record(project).read_text())
    assert record["valid"] is False
    assert record["arrivals"]["sent"] >= 50
    assert "INVALID" in output


def test_up_prints_every_address_and_ends_with_ctrl_c(project: Path) -> None:
    running = start(project, "up")
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(4)]
    stack = stack_of(running)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode == 0
    assert lines[0].startswith("service 1: http://127.0.0.1:")
    assert [line.split(":")[0] for line in lines[1:]] == [
        "PostgreSQL primary",
        "Redis",
        "PostgreSQL replica 1",
    ]
    assert [p for p in stack if p.is_running()] == []
