"""One rich locustfile, played once: what an open user keeps of Locust, and what it changes; its edges."""

# The classes are written as locustfiles are:
# ruff: noqa: RUF012
# mypy: disable-error-code="no-untyped-call,attr-defined"

import re
from typing import Any

import gevent
import pytest
from gevent import GreenletExit
from gevent.pool import Group
from locust import FastHttpUser, TaskSet, User, constant, task
from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

from loadstone.load.arrival import current_arrival
from loadstone.load.gate import Gate
from loadstone.load.http.user import HttpUser as LeanHttpUser
from loadstone.load.line import Line
from loadstone.load.listener import ARRIVAL
from loadstone.load.recorder import Recorder
from loadstone.load.reporter import DirectReport
from loadstone.load.user import closed_class, let_greenlets_inherit, open_class
from loadstone.records.histogram import LatencyHistogram
from tests.loadstone.load.arriving import make_plan, open_user
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


def drawn(seed: int) -> list[str]:
    """Return the tasks of ten arrivals of a plan with this seed."""

    class Visitor(User):
        words: list[str] = []

        @task(3)
        def often(self) -> None:
            self.words.append("often")

        @task
        def seldom(self) -> None:
            self.words.append("seldom")

        @task(4)
        class Nested(TaskSet):
            @task
            def first(self) -> None:
                self.user.words.append("first")

            @task
            def second(self) -> None:
                self.user.words.append("second")

    with open_user(Visitor, seed) as one:
        one.arrive(10)
    return Visitor.words


def test_equal_seeds_draw_equal_tasks() -> None:
    assert drawn(seed=7) == drawn(seed=7)
    assert drawn(seed=7) != drawn(seed=8)


class Ending(User):
    """A user whose only task ends in a way that the test sets."""

    abstract = True
    end: BaseException

    @task
    def work(self) -> None:
        raise self.end


@pytest.mark.parametrize(
    "end",
    [StopUser(), RescheduleTask(), RescheduleTaskImmediately(), InterruptTaskSet(), ValueError("broken")],
)
def test_an_arrival_completes_however_its_task_ends_and_the_user_stays(end: Exception) -> None:
    class Visitor(Ending):
        pass

    Visitor.end = end
    with open_user(Visitor) as one:
        one.arrive(2)
        assert one.completed() == 2
        assert one.errors == (["broken", "broken"] if isinstance(end, ValueError) else [])


def test_a_timeout_of_gevents_is_a_failure_of_the_task() -> None:
    class Visitor(Ending):
        end = gevent.Timeout(5)

    with open_user(Visitor) as one:
        one.arrive(2)
        assert one.completed() == 2
        assert one.errors == ["5 seconds", "5 seconds"]


def test_the_arrival_of_a_user_that_is_killed_is_over_with_it() -> None:
    class Visitor(Ending):
        end = GreenletExit()

    with open_user(Visitor) as one:
        one.arrive()
        assert one.greenlet.dead
        assert one.completed() == 1
        assert not one.line.in_flight


@pytest.mark.parametrize("end", [StopTest(), SystemExit()])
def test_a_task_that_ends_the_test_has_the_runner_quit(end: BaseException) -> None:
    class Visitor(Ending):
        pass

    class Runner:
        quits = 0

        def quit(self) -> None:
            self.quits += 1

    Visitor.end = end
    with open_user(Visitor) as one:
        runner: Any = Runner()
        one.environment.runner = runner
        one.arrive()
        assert one.completed() == runner.quits == 1


def test_a_listener_of_user_errors_cannot_keep_an_arrival_from_completing() -> None:
    class Visitor(Ending):
        end = ValueError("broken")

    def give_up(**_: object) -> None:
        raise StopUser()

    with open_user(Visitor) as one:
        one.environment.events.user_error.add_listener(give_up)
        one.arrive()
        assert one.completed() == 1


def test_a_user_that_stops_itself_in_on_start_serves_nothing() -> None:
    class Visitor(User):
        stopped = False

        def on_start(self) -> None:
            raise StopUser()

        def on_stop(self) -> None:
            Visitor.stopped = True

        @task
        def work(self) -> None: ...

    with open_user(Visitor) as one:
        assert one.greenlet.dead
        assert one.line.idle == 0
    assert Visitor.stopped


def test_tasks_may_be_chosen_in_on_start() -> None:
    words: list[str] = []

    class Visitor(User):
        def on_start(self) -> None:
            self.tasks = [Visitor.chosen]

        @task
        def declared(self) -> None:
            words.append("declared")

        def chosen(self) -> None:
            words.append("chosen")

    with open_user(Visitor) as one:
        one.arrive(3)
    assert words == ["chosen"] * 3


def test_wait_in_a_task_is_the_think_time_of_the_user() -> None:
    class Visitor(User):
        waits = 0

        def wait_time(self) -> float:
            Visitor.waits += 1
            return 0

        @task
        def work(self) -> None:
            self.wait()

    with open_user(Visitor) as one:
        one.arrive(2)
    assert Visitor.waits == 2


def test_the_arrival_is_the_tasks_and_nobody_elses() -> None:
    seen: list[object] = []

    class Visitor(User):
        def on_stop(self) -> None:
            seen.append(current_arrival.get())

        @task
        def work(self) -> None:
            seen.append(current_arrival.get())
            assert self.context()[ARRIVAL] is current_arrival.get()

    with open_user(Visitor) as one:
        one.arrive()
        assert one.errors == []
        assert one.user.context() == {ARRIVAL: None}
    assert [arrival is None for arrival in seen] == [False, True]


def test_what_a_task_spawned_keeps_its_arrival_while_the_user_serves_another_one() -> None:
    let_greenlets_inherit()
    seen: dict[int, object] = {}

    class Visitor(User):
        @task
        def work(self) -> None:
            gevent.spawn_later(0.03, self.look, self.arrival.number)
            gevent.sleep(0.02)

        def look(self, number: int) -> None:
            assert self.arrival is None or self.arrival.number == number + 1
            seen[number] = self.context()[ARRIVAL].number

    with open_user(Visitor) as one:
        one.arrive(3)
        gevent.sleep(0.02)
    assert seen == {0: 0, 1: 1, 2: 2}


def test_what_on_start_spawned_has_no_arrival() -> None:
    let_greenlets_inherit()
    seen: list[bool] = []

    class Visitor(User):
        def on_start(self) -> None:
            gevent.spawn_later(0.01, self.look)

        @task
        def work(self) -> None:
            gevent.sleep(0.03)

        def look(self) -> None:
            seen.append(self.arrival is not None and self.context()[ARRIVAL] is None)

    with open_user(Visitor) as one:
        one.arrive()
    assert seen == [True]


def test_a_closed_user_logs_in_waits_at_the_gate_and_then_works_as_ever() -> None:
    words: list[str] = []

    class Visitor(User):
        wait_time = constant(0.001)

        def on_start(self) -> None:
            words.append("on_start")

        @task
        class Nested(TaskSet):
            @task
            def page(self) -> None:
                words.append("page")

    gate = Gate()
    environment = Environment(user_classes=[Visitor])
    user = closed_class(Visitor, gate, Recorder(closed=True), make_plan())(environment)
    greenlet = user.start(Group())
    gevent.sleep(0.01)
    assert words == ["on_start"]
    assert gate.waiting == 1
    gate.open()
    gevent.sleep(0.05)
    user.stop()
    greenlet.join(1)
    assert greenlet.dead
    assert words.count("page") > 2
    assert user.context() == {}


def test_a_closed_user_can_be_stopped_at_the_gate() -> None:
    class Visitor(User):
        @task
        def work(self) -> None: ...

    gate = Gate()
    environment = Environment(user_classes=[Visitor])
    user = closed_class(Visitor, gate, Recorder(closed=True), make_plan())(environment)
    greenlet = user.start(Group())
    gevent.sleep(0.01)
    assert user.stop()
    assert greenlet.dead
    assert gate.waiting == 0


@pytest.mark.parametrize("mixed", ["open", "closed"])
def test_clients_get_the_plans_timeout_unless_the_class_sets_its_own(mixed: str) -> None:
    class Fast(FastHttpUser):
        connection_timeout = 3.0

    class Lean(LeanHttpUser): ...

    recorder, plan = Recorder(), make_plan(request_timeout_s=2.0)

    def mix(user_class: type[User]) -> Any:
        if mixed == "open":
            return open_class(user_class, Line("", 1), recorder, plan)
        return closed_class(user_class, Gate(), recorder, plan)

    assert (mix(Fast).network_timeout, mix(Fast).connection_timeout) == (2.0, 3.0)
    assert mix(Lean).default_timeout_s == 2.0
    assert isinstance(mix(Lean).report, DirectReport)
    assert (Fast.network_timeout, Lean.default_timeout_s) == (60.0, 60.0)


def test_users_take_the_hosts_in_turn() -> None:
    class Visitor(User):
        @task
        def work(self) -> None: ...

    hosts = ["http://one", "http://two"]
    opened = open_class(Visitor, Line("", 1), Recorder(), make_plan(hosts=hosts))
    environment = Environment(user_classes=[Visitor])
    assert [opened(environment).host for _ in range(3)] == ["http://one", "http://two", "http://one"]
