"""The scenarios against the real service; in processes of their own, because importing Locust patches one."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from loadstone.project import Project
from loadstone.records.event import read_events
from loadstone.records.load import LoadMessage, LoadPlan, decode_message

TIMEOUT_S = 60
FACTS = {
    "mixed": {"caching.read", "caching.update", "replica_routing.read", "view_counting.view"},
    "caching": {"caching.read"},  # an update is too rare to be sure of one in a moment
    "rate_limiting": {"rate_limiting.attempt", "rate_limiting.sign_up"},
    "locking": {"locking.before"},
    "view_counting": {"view_counting.view", "view_counting.before"},
    "replica_routing": {"replica_routing.read", "replica_routing.write"},
}


def play(project: Project, scenario: str, host: str, events_path: Path) -> list[LoadMessage]:
    """Run a scenario for a moment as the harness does; return what the load process said."""
    spec = project.scenario_named(scenario)
    plan = LoadPlan(
        locustfile=str(project.directory / spec.locustfile),
        hosts=[host],
        arrivals="constant",
        rate=min(spec.rate, 100.0),
        duration_s=1.5,
        warm_up_s=0.0,
        drain_s=8.0,
        max_in_flight=16,
        seed=1,
        events_path=str(events_path),
        settings={**spec.settings, "ask_again_after_s": "0.3"},
    )
    done = subprocess.run(
        [sys.executable, "-m", "loadstone.load"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        cwd=project.directory,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [decode_message(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("scenario", FACTS)
def test_a_scenario_plays_without_an_error_and_records_its_facts(
    project: Project, scenario: str, service_url: str, tmp_path: Path
) -> None:
    messages = play(project, scenario, service_url, tmp_path / "events.jsonl")
    troubles = [text for message in messages for text in (*message.recorder_errors, *message.warnings)]
    errors = Counter(
        f"{name}: {text}"
        for message in messages
        for endpoints in (message.session_endpoints, *(row.endpoints for row in message.rows))
        for name, state in endpoints.items()
        for text in state.errors
    )
    assert (troubles, errors) == ([], {})
    assert sum(row.completed for message in messages for row in message.rows) > 0
    events = list(read_events(tmp_path / "events.jsonl"))
    assert {event.operation for event in events} >= FACTS[scenario]
    assert {event.outcome for event in events} == {"ok"}


def test_plain_locust_runs_the_locustfile(project: Project, service_url: str) -> None:
    options = ["--headless", "-u", "5", "-r", "5", "-t", "3s", "-H", service_url]
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", *options],
        capture_output=True,
        text=True,
        cwd=project.directory,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "GET" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
