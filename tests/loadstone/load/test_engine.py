import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.request import urlopen

import pytest

from loadstone.records.event import Event, read_events
from tests.loadstone.load.played import Load, Played

Play = Callable[..., Played]


def visitor(*lines: str, base: str = "FastHttpUser", extra: str = "") -> str:
    """Return a locustfile whose only task runs these lines."""
    body = "\n".join(f"        {line}" for line in lines)
    return (
        f"from locust import {base}, task\nfrom loadstone import arrival_random, record_event\n"
        f"class Visitor({base}):\n{extra}    @task\n    def visit(self):\n{body}\n"
    )


def test_an_answer_within_the_drain_counts(play: Play) -> None:
    played = play(visitor("self.client.get('/slow/0.4', name='/')"), rate=20, duration_s=0.5, drain_s=2)
    assert played.total("completed") == played.total("planned") == 10
    assert played.final.unfinished == {}


def test_what_the_drain_does_not_see_answered_is_unfinished_with_its_age(play: Play) -> None:
    played = play(visitor("self.client.get('/slow/9')"), rate=20, duration_s=0.5, drain_s=0.5)
    assert played.total("sent") == 10
    assert played.total("completed") == 0
    assert played.final.unfinished == {"Visitor": 10}
    ages_s = played.final.unfinished_ages_s
    assert [later - earlier for earlier, later in pairwise(ages_s)] == pytest.approx([0.05] * 9)
    assert 0.5 <= ages_s[0] < 1.0
    assert played.endpoints() == set()


@pytest.mark.parametrize("base", ["FastHttpUser", "HttpUser"])
def test_a_timeout_is_a_failed_sample_as_long_as_the_timeout(play: Play, base: str) -> None:
    played = play(visitor("self.client.get('/slow/9', name='/')", base=base), rate=20, request_timeout_s=0.3)
    assert played.errors() == {"TimeoutError: timed out": 20}
    latency = played.latency(outcome="failed")
    assert latency.count == 20
    assert latency.min_s is not None
    assert 0.3 <= latency.min_s < 0.4


def test_a_request_is_sent_once_even_when_the_connection_closes(play: Play, url: str) -> None:
    def asked() -> int:
        with urlopen(f"{url}/count/close") as answer:
            return int(answer.read())

    before = asked()
    played = play(visitor("self.client.get('/close', name='/')"), rate=20, duration_s=0.5)
    assert sum(played.errors().values()) == 10
    assert asked() - before == 10


TROUBLES = """
import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser
from loadstone import record_event

class Raising(FastHttpUser):
    @task
    def visit(self):
        raise KeyError("token")

class Leaving(FastHttpUser):
    @task
    def visit(self):
        self.client.get("/leaving")
        raise StopUser()

class Odd(FastHttpUser):
    @task
    def visit(self):
        self.environment.events.request.fire(request_type="ODD", name="/", response_time="soon")

class Spawning(FastHttpUser):
    @task
    def visit(self):
        gevent.joinall([gevent.spawn(self.client.get, "/spawned") for _ in range(2)])

class Telling(FastHttpUser):
    @task
    def visit(self):
        record_event("k", "a.b", 1, 2.0, 3.0, "failed", "s")

@events.request.add_listener
def fail(name, **_):
    assert name != "/leaving"
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory, url: str) -> tuple[Played, list[Event]]:
    """A run of five classes, ten users in all, and the facts it recorded."""
    folder = tmp_path_factory.mktemp("troubles")
    facts = folder / "events.jsonl"
    played = Load(folder, url, TROUBLES).play(rate=100, max_in_flight=10, events_path=str(facts))
    return played, list(read_events(facts))


Troubled = tuple[Played, list[Event]]


def test_no_trouble_of_a_task_costs_an_arrival(troubled: Troubled) -> None:
    assert troubled[0].total("completed") == troubled[0].total("planned") == 100
    assert troubled[0].exit_code == 0


def test_a_task_that_raises_is_said_and_shows_its_first_tracebacks(troubled: Troubled) -> None:
    assert any("a task raised KeyError: 'token'" in warning for warning in troubled[0].notes("warnings"))
    assert 5 < troubled[0].stderr.count("KeyError") <= 20


def test_a_user_that_stops_itself_serves_the_next_arrival(troubled: Troubled) -> None:
    assert troubled[0].latency("GET /leaving").count > 2


def test_a_failing_listener_of_the_locustfile_is_counted(troubled: Troubled) -> None:
    assert any(
        "an event listener of the locustfile" in error for error in troubled[0].notes("recorder_errors")
    )
    assert 5 < troubled[0].stderr.count("Uncaught exception in event handler") <= 10


def test_an_error_of_the_recorder_is_counted(troubled: Troubled) -> None:
    assert any("could not be recorded" in error for error in troubled[0].notes("recorder_errors"))


def test_the_requests_of_greenlets_a_task_spawns_are_the_arrivals(troubled: Troubled) -> None:
    assert troubled[0].latency("GET /spawned").count > 10
    assert not any(message.session_endpoints for message in troubled[0].messages)


def test_facts_carry_what_the_task_said(troubled: Troubled) -> None:
    facts = troubled[1]
    assert len(facts) > 5
    assert set(map(repr, facts)) == {repr(Event("s", "k", "a.b", 1, 2.0, 3.0, "failed"))}


def test_a_request_counts_also_where_a_listener_raises_to_end_its_task(play: Play) -> None:
    raising = "\nfrom locust import events\nfrom locust.exception import RescheduleTask\n"
    raising += "@events.request.add_listener\ndef give_up(**_): raise RescheduleTask()\n"
    played = play(visitor("self.client.get('/status/500', name='/')") + raising, rate=20, duration_s=0.5)
    assert played.errors() == {"HTTP 500": 10}


def test_half_a_character_in_a_failure_or_a_name_costs_no_message(play: Play) -> None:
    task = (
        "with self.client.get('/', name='/\\udc80', catch_response=True) as answer: answer.failure('\\ud800')"
    )
    played = play(visitor(task), rate=20, duration_s=0.5)
    assert played.errors("GET /?") == {"?": 10}
    assert played.exit_code == 0


def facts(play: Play, path: Path, seed: int) -> dict[float, object]:
    """Return what each arrival drew, by when it was due."""
    task = visitor("record_event('key', 'test.draw', arrival_random().random(), 0.0, 0.0)")
    play(task, arrivals="poisson", rate=100, duration_s=0.5, seed=seed, events_path=str(path))
    return {n: event.value for n, event in enumerate(read_events(path))}


def test_one_seed_gives_the_same_arrivals_and_draws_and_another_gives_others(
    play: Play, tmp_path: Path
) -> None:
    first, again, other = (facts(play, tmp_path / str(n), seed) for n, seed in enumerate([5, 5, 6]))
    assert len(first) > 20
    assert set(first.values()) == set(again.values())
    assert not set(first.values()) & set(other.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_planning_and_drains(load: Load, number: int) -> None:
    process = load.start_plan(
        locustfile=visitor("self.client.get('/slow/0.3', name='/')"), duration_s=60.0, rate=20
    )
    time.sleep(0.5)
    process.send_signal(number)
    played = Played(process)
    assert played.exit_code == 0
    assert played.final.kind == "final"
    assert 0 < played.total("planned") < 40
    assert played.total("completed") == played.total("planned")


@pytest.mark.parametrize("where", ["import", "on_start"])
def test_a_signal_before_the_plan_has_begun_ends_the_run(load: Load, tmp_path: Path, where: str) -> None:
    seen = tmp_path / "seen"
    wait = f"open({str(seen)!r}, 'w').close(); import time; time.sleep({1 if where == 'import' else 60})"
    extra = f"    def on_start(self):\n        {wait}\n" if where == "on_start" else f"    {wait}\n"
    process = load.start(load.plan(visitor("pass", extra=extra), duration_s=60.0))
    deadline_s = time.monotonic() + 20
    while not seen.exists() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    played = Played(process)
    assert (played.exit_code, played.messages) == (2, [])
    assert "the run was stopped before its users were ready." in played.stderr


def test_the_load_ends_when_nobody_reads_it(load: Load) -> None:
    process = load.start_plan(duration_s=60.0)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=3) == 3
    process.stdout = None
    process.communicate()


def test_users_who_quit_the_runner_in_on_stop_end_well(play: Play) -> None:
    extra = "    def on_stop(self):\n        self.environment.runner.quit()\n"
    played = play(visitor("self.client.get('/')", extra=extra), rate=20, duration_s=0.5)
    assert played.exit_code == 0
    assert played.total("completed") == 10
    assert played.notes("warnings") == []


def test_users_lost_in_on_start_are_said(play: Play) -> None:
    extra = "    n = 0\n    def on_start(self):\n        Visitor.n += 1\n        assert Visitor.n > 3\n"
    played = play(visitor("self.client.get('/')", extra=extra), rate=20, duration_s=0.5)
    assert "3 of 20 users ended before the run did." in played.notes("warnings")
    assert played.total("completed") == 10


def test_a_pool_without_a_user_is_an_error(play: Play) -> None:
    played = play(visitor("pass", extra="    def on_start(self):\n        raise OSError('no login')\n"))
    assert played.exit_code == 2
    assert "no user survived on_start: a task raised OSError: no login" in played.stderr
    assert played.messages == []


def closed(task: str) -> str:
    """Return a locustfile of users that think for 0.1 s after each task."""
    wait = "    def wait_time(self):\n        return 0.1\n"
    return visitor(task, extra=wait)


def test_closed_users_begin_together_and_every_request_counts_as_an_arrival(play: Play) -> None:
    played = play(closed("self.client.get('/')"), workload="closed", users=3, duration_s=1.0)
    assert played.exit_code == 0
    assert 15 <= played.total("completed") <= 33
    assert played.total("completed") == played.total("planned") == played.latency().count
    assert played.final.unfinished == {}


def test_closed_users_that_outlast_the_drain_are_unfinished(play: Play) -> None:
    task = closed("self.client.get('/slow/9')")
    played = play(task, workload="closed", users=3, duration_s=0.5, drain_s=0.5)
    assert played.final.unfinished == {"Visitor": 3}
    assert played.total("completed") == 0
    assert played.exit_code == 0


def test_a_signal_ends_a_closed_plan(load: Load) -> None:
    process = load.start_plan(
        locustfile=closed("self.client.get('/')"), workload="closed", users=2, duration_s=60.0
    )
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    played = Played(process)
    assert played.exit_code == 0
    assert 0 < (played.final.planned_s or 0) < 5
