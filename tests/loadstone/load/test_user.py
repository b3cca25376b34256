"""One rich locustfile, played once: what an open user keeps of Locust, and what it changes."""

import re

import pytest

from loadstone.records.histogram import LatencyHistogram
from tests.loadstone.load.conftest import started_server
from tests.loadstone.load.played import Load, Played

RATE = 200
WARM_UP_S = 0.5
DURATION_S = 1.0

LOCUSTFILE = """
import sys
from locust import FastHttpUser, HttpUser, TaskSet, events, task

print("a locustfile may print")

class Fast(FastHttpUser):
    weight = 3

    def on_start(self):
        self.client.get("/login")

    def on_stop(self):
        self.client.get("/logout")

    @task(6)
    def often(self):
        self.client.get("/often")

    @task(2)
    def seldom(self):
        self.client.get("/seldom")

    @task
    class Session(TaskSet):
        @task
        def two_pages(self):
            self.client.get("/session/1", name="/session/first")
            self.client.get("/session/2", name="/session/second")
            self.interrupt()

class Plain(HttpUser):
    @task
    def read(self):
        with self.client.get("/read", catch_response=True) as answer:
            answer.success()

@events.test_start.add_listener
def started(environment, **_):
    print("test_start", environment.host, file=sys.stderr)

@events.quitting.add_listener
def ended(environment, **_):
    asked = environment.stats.total.num_requests
    tasks = [task.__name__ for task in Fast.tasks]
    print("quitting", asked, Fast.host, Fast.network_timeout, sorted(set(tasks)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    patch = pytest.MonkeyPatch()
    patch.setenv("LOCUST_USER_CLASSES", "Nobody")
    patch.setenv("LOCUST_HOST", "http://127.0.0.1:1")
    with started_server("gate", "1e9", "0") as (url, _), patch.context():
        load = Load(tmp_path_factory.mktemp("user"), url, LOCUSTFILE)
        return load.play(
            arrivals="poisson", rate=RATE, warm_up_s=WARM_UP_S, duration_s=DURATION_S, max_in_flight=30
        )


def test_the_run_ends_well_and_prints_go_to_standard_error(played: Played) -> None:
    assert played.exit_code == 0
    assert "a locustfile may print" in played.stderr
    assert played.notes("recorder_errors") == played.notes("warnings") == []


def test_messages_are_numbered_from_started_to_final(played: Played) -> None:
    assert [message.sequence for message in played.messages] == list(range(len(played.messages)))
    kinds = [message.kind for message in played.messages]
    assert kinds == ["started"] + ["progress"] * (len(kinds) - 2) + ["final"]
    assert all(message.cpu_share > 0 for message in played.messages)


def test_progress_comes_at_every_second_of_the_plan(played: Played) -> None:
    start_s = played.messages[0].at_s
    times_s = [message.at_s - start_s for message in played.messages if message.kind == "progress"]
    assert times_s == pytest.approx([float(n + 1) for n in range(len(times_s))], abs=0.3)
    assert len(times_s) >= 1


def test_the_warm_up_is_planned_like_the_rest(played: Played) -> None:
    assert {row.second for row in played.rows} == {0, 1}
    assert played.total("planned") == pytest.approx(RATE * 1.5, abs=4 * (RATE * 1.5) ** 0.5)


def test_every_arrival_was_sent_and_completed(played: Played) -> None:
    assert played.total("planned") == played.total("sent") == played.total("completed") > 0
    assert played.total("dropped") == 0
    assert played.final.unfinished == {}
    assert played.final.unfinished_ages_s == []


def test_each_arrival_has_both_lags(played: Played) -> None:
    assert played.lag("wake_lag").count == played.lag("queue_lag").count == played.total("planned")
    median_s = played.lag("wake_lag").quantile_s(0.5)
    assert median_s is not None
    assert median_s < 0.02


def test_on_start_and_on_stop_stand_apart(played: Played) -> None:
    sessions = {name for message in played.messages for name in message.session_endpoints}
    assert sorted(sessions) == ["GET /login", "GET /logout"]
    assert played.endpoints().isdisjoint(sessions)


def test_weights_of_tasks_and_classes_are_honoured(played: Played) -> None:
    counts = {name: played.latency(name).count for name in played.endpoints()}
    total = played.total("planned")
    shares = {
        "GET /often": 6 / 9 * 3 / 4,
        "GET /seldom": 2 / 9 * 3 / 4,
        "GET /session/first": 1 / 9 * 3 / 4,
        "GET /session/second": 1 / 9 * 3 / 4,
        "GET /read": 1 / 4,
    }
    assert counts.keys() == shares.keys()
    for name, share in shares.items():
        assert counts[name] == pytest.approx(total * share, abs=4 * (total * share) ** 0.5 + 1), name


@pytest.mark.parametrize("endpoint", ["GET /often", "GET /read"])
def test_latency_is_at_least_the_service_time(played: Played, endpoint: str) -> None:
    for q in (0.1, 0.5, 0.9):
        latency_s, service_s = (
            played.latency(endpoint).quantile_s(q),
            played.service_time(endpoint).quantile_s(q),
        )
        assert latency_s is not None
        assert service_s is not None
        assert latency_s >= service_s > 0


def test_a_later_request_of_a_session_has_no_lag(played: Played) -> None:
    later = "GET /session/second"
    assert played.latency(later).mean_s == pytest.approx(played.service_time(later).mean_s, abs=2e-6)


def test_locusts_events_statistics_and_the_class_itself_are_as_ever(played: Played) -> None:
    assert re.search(r"test_start http://127.0.0.1:\d+", played.stderr)
    line = re.search(r"quitting (\d+) (\S+) (\S+) (.*)", played.stderr)
    assert line is not None
    asked, host, timeout, tasks = line.groups()
    sessions = sum(
        LatencyHistogram(state.ok.latency).count
        for message in played.messages
        for state in message.session_endpoints.values()
    )
    assert int(asked) == sessions + sum(played.latency(name).count for name in played.endpoints())
    assert (host, timeout) == ("None", "60.0")
    assert tasks == "['Session', 'often', 'seldom']"
