from typing import Any

import pytest
from locust.env import Environment
from locust.exception import StopUser

import loadstone
from loadstone.load.arrival import Arrival
from loadstone.load.http.response import Response
from loadstone.load.http.url import Origin, Target
from loadstone.load.listener import ARRIVAL, RequestListener
from loadstone.load.recorder import Recorder
from loadstone.load.reporter import DirectReport

PLAN_START_S = 1000.0


class Site:
    """A measured user of the lean client in an environment where our listener listens."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.recorder.plan_start_s = PLAN_START_S
        environment: Any = Environment(host="http://example.test")
        self.listeners = environment.events.request
        self.listeners.add_listener(RequestListener(self.recorder))
        report = DirectReport(self.recorder)
        visitor = type("Visitor", (loadstone.HttpUser,), {"host": environment.host, "report": report})
        self.user = visitor(environment)

    def report(self, arrival: Arrival | None = None, head: str = "", error: Any = None) -> None:
        target = Target(Origin("http", "example.test", 80), "/videos/17")
        response = Response(self.user, "GET", "/videos/{id}", target, {ARRIVAL: arrival}, catch=False)
        response.start_s, response.end_s = PLAN_START_S + 1.5, PLAN_START_S + 1.75
        response.status_code, response.head, response.error = 200, head, error
        response.finish()


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_request_of_an_arrival_counts_from_the_plan(site: Site) -> None:
    site.report(Arrival(0, PLAN_START_S + 1.0, seed=1))
    [row] = site.recorder.take_rows()
    ok = row.endpoints["GET /videos/{id}"].ok
    assert (row.second, ok.latency.max_us, ok.service_time.max_us) == (1, 750_000, 250_000)


def test_a_request_outside_arrivals_is_the_sessions(site: Site) -> None:
    site.report()
    assert site.recorder.take_rows() == []
    assert list(site.recorder.take_session_endpoints()) == ["GET /videos/{id}"]


def test_a_failure_stands_under_its_text(site: Site) -> None:
    site.report(Arrival(0, PLAN_START_S, seed=1), error=TimeoutError("timed out"))
    [row] = site.recorder.take_rows()
    state = row.endpoints["GET /videos/{id}"]
    assert sum(state.failed.latency.counts.values()) == sum(state.errors.values()) == 1
    assert not state.ok.latency.counts


def test_what_the_server_tells_of_its_time_is_kept(site: Site) -> None:
    site.report(
        Arrival(0, PLAN_START_S, seed=1),
        head="HTTP/1.1 200 OK\r\nServer-Timing: sql;dur=12.5, pool;dur=1\r\n\r\n",
    )
    [row] = site.recorder.take_rows()
    timing = row.endpoints["GET /videos/{id}"].server_timing
    assert {name: state.max_us for name, state in timing.items()} == {"sql": 12_500, "pool": 1000}


def test_a_listener_of_the_locustfile_hears_each_request_and_it_counts_once(site: Site) -> None:
    heard: list[dict[str, Any]] = []
    site.listeners.add_listener(lambda **event: heard.append(event))
    site.report(Arrival(0, PLAN_START_S, seed=1))
    [row] = site.recorder.take_rows()
    assert sum(row.endpoints["GET /videos/{id}"].ok.latency.counts.values()) == 1
    [event] = heard
    assert (event["request_type"], event["name"]) == ("GET", "/videos/{id}")
    assert event["response_time"] == pytest.approx(250)
    assert site.recorder.errors.take() == []


def test_without_other_listeners_no_event_is_made(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.load.reporter.request_event", lambda response: pytest.fail("made one"))
    site.report()


def test_a_listener_may_end_the_task_as_in_locust(site: Site) -> None:
    def leave(**event: Any) -> None:
        raise StopUser()

    site.listeners.add_listener(leave)
    with pytest.raises(StopUser):
        site.report()
    assert site.recorder.take_session_endpoints()
