"""Locustfiles in the shapes that people write them in, each played open by a load process of its own.

`tests/proofs/test_locustfiles.py` does the same with the files of other projects.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loadstone.load.played import Load, Played

RATE = 40
DURATION_S = 0.5
ARRIVALS = 20

OLD_STYLE = """
import random
from locust import HttpUser, TaskSet, between

def index(l):
    l.client.get("/")

def buy(l):
    l.client.get("/product")
    l.client.post("/cart", {"product": random.randint(1, 9)}, allow_redirects=False)

class UserBehavior(TaskSet):
    tasks = {index: 1, buy: 2}

    def on_start(self):
        self.client.post("/login", json={"username": "ann"})

    def on_stop(self):
        self.client.post("/logout")

class WebsiteUser(HttpUser):
    tasks = [UserBehavior]
    min_wait = 5000
    max_wait = 9000
"""

NESTED = """
from locust import HttpUser, TaskSet, between, tag, task

class Shop(HttpUser):
    wait_time = between(20, 600)

    @task
    class Forum(TaskSet):
        @task(10)
        class Thread(TaskSet):
            @task
            def read(self):
                self.client.get("/thread", name="thread")

        @task
        def leave(self):
            self.client.get("/forum")
            self.interrupt()

    @tag("front")
    @task
    def front(self):
        self.client.get("/")
"""

SEQUENCE = """
import re
from locust import HttpUser, SequentialTaskSet, constant, task

class SignIn(SequentialTaskSet):
    @task
    def form(self):
        with self.client.get("/sign-in", catch_response=True) as response:
            self.token = re.search('name="authenticity_token" value="([^"]*)"', response.text).group(1)

    @task
    def send(self):
        data = {"user": "ann", "authenticity_token": self.token}
        with self.client.post("/sign-in", data, catch_response=True) as response:
            if "welcome" not in response.url:
                response.failure("no welcome")

class Visitor(HttpUser):
    wait_time = constant(0.01)
    tasks = [SignIn]
"""

REST = """
from locust import FastHttpUser, task

class Api(FastHttpUser):
    default_headers = {"Accept": "application/json"}

    @task
    def order(self):
        with self.rest("POST", "/order", json={"username": "ann"}) as response:
            assert response.js["message"] == "Welcome ann!"
        with self.rest("GET", "/order?id=1", name="/order") as response:
            assert response.js["args"]["id"] == "2", "wrong order"
"""

OWN_CLIENT = """
import time
from locust import User, events, task

class Client:
    def call(self, name, fails):
        start = time.perf_counter()
        error = OSError("line is dead") if fails else None
        events.request.fire(
            request_type="rpc", name=name, response_time=(time.perf_counter() - start) * 1000,
            response_length=3, exception=error, context={}, response=None,
        )
        if error:
            raise error

class Caller(User):
    def __init__(self, environment):
        super().__init__(environment)
        self.client = Client()

    @task
    def good(self):
        self.client.call("good", fails=False)

    @task
    def bad(self):
        self.client.call("bad", fails=True)
"""

BARRIER = """
from gevent.lock import Semaphore
from locust import HttpUser, events, task
from locust.exception import RescheduleTask

all_spawned = Semaphore()
all_spawned.acquire()

@events.spawning_complete.add_listener
def release(user_count, **_):
    all_spawned.release()

@events.init.add_listener
def on_init(environment, **_):
    @environment.events.request.add_listener
    def give_up(exception, **_):
        if exception:
            raise RescheduleTask()

class Visitor(HttpUser):
    def on_start(self):
        all_spawned.wait()

    @task
    def visit(self):
        with self.client.get("/", catch_response=True) as response:
            response.failure("as a test")
        self.client.get("/never")
"""

CLASSES = """
from locust import FastHttpUser, HttpUser, task

class Base(HttpUser):
    def visit(self, page):
        self.client.get(page)

class Reader(Base):
    weight = 3

    @task
    def read(self):
        self.visit("/read")

class Writer(FastHttpUser):
    host = "http://127.0.0.1:1"

    @task
    def write(self):
        self.client.put("/write", json=[])

class Admin(FastHttpUser):
    fixed_count = 1

    @task
    def manage(self):
        self.client.get("/admin")

class Unwanted(Base):
    weight = 0

    @task
    def never(self):
        self.visit("/never")
"""

CHAIN = """
from locust import LoadTestShape, MarkovTaskSet, transition
from loadstone import HttpUser

class Chain(MarkovTaskSet):
    @transition("second")
    def first(self):
        self.client.get("/first")

    @transition("first")
    def second(self):
        self.client.get("/second")

class Visitor(HttpUser):
    tasks = [Chain]

class Wave(LoadTestShape):
    def tick(self):
        return None
"""


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """What plays locustfiles against a web site that answers everything."""
    root = Path(__file__).parents[3]
    website = subprocess.Popen(
        [sys.executable, "-m", "tests.loadstone.load.website"], cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert website.stdout is not None
        port = website.stdout.readline().strip()
        yield Load(tmp_path_factory.mktemp("compat"), f"http://127.0.0.1:{port}", "")
    finally:
        website.kill()
        website.communicate()


def play(load: Load, locustfile: str, **changes: Any) -> Played:
    """Return what was played; every planned arrival has completed in it."""
    played = load.play(
        locustfile, **{"rate": RATE, "duration_s": DURATION_S, "drain_s": 5, "max_in_flight": 10} | changes
    )
    assert played.exit_code == 0, played.stderr
    assert played.notes("recorder_errors") == []
    assert played.total("completed") == played.total("planned") > 0
    return played


def counts(played: Played, outcome: str = "ok") -> dict[str, int]:
    """Return the number of requests by endpoint."""
    all_counts = {name: played.latency(name, outcome).count for name in played.endpoints()}
    return {name: count for name, count in all_counts.items() if count}


def session_names(played: Played) -> set[str]:
    return {name for message in played.messages for name in message.session_endpoints}


def test_a_task_set_of_functions_logs_its_user_in_once(load: Load) -> None:
    played = play(load, OLD_STYLE)
    asked = counts(played)
    assert asked["GET /"] + asked["GET /product"] == ARRIVALS
    assert asked["POST /cart"] == asked["GET /product"]
    assert session_names(played) == {"POST /login", "POST /logout"}


def test_nested_task_sets_end_and_do_not_wait(load: Load) -> None:
    asked = counts(play(load, NESTED))
    assert asked.keys() == {"GET thread", "GET /forum", "GET /"}
    assert sum(asked.values()) == ARRIVALS


def test_a_sequence_is_one_arrival(load: Load) -> None:
    assert counts(play(load, SEQUENCE)) == {"GET /sign-in": ARRIVALS, "POST /sign-in": ARRIVALS}


def test_assertions_about_rest_answers_make_failures(load: Load) -> None:
    played = play(load, REST)
    assert counts(played) == {"POST /order": ARRIVALS}
    assert played.errors("GET /order") == {"wrong order": ARRIVALS}


def test_a_client_of_the_files_own_is_recorded_through_its_events(load: Load) -> None:
    played = play(load, OWN_CLIENT)
    assert counts(played)["rpc good"] + counts(played, "failed")["rpc bad"] == ARRIVALS
    assert set(played.errors("rpc bad")) == {"OSError: line is dead"}
    assert all(note.startswith("a task raised OSError: line is dead") for note in played.notes("warnings"))


def test_users_may_wait_for_each_other_and_listeners_may_end_a_task(load: Load) -> None:
    played = play(load, BARRIER)
    assert counts(played) == {}
    assert counts(played, "failed") == {"GET /": ARRIVALS}


def test_several_classes_share_the_arrivals_and_the_plans_host(load: Load) -> None:
    played = play(load, CLASSES)
    asked = counts(played)
    assert asked.keys() == {"GET /read", "PUT /write", "GET /admin"}
    assert sum(asked.values()) == ARRIVALS
    assert played.notes("warnings") == ["Base has no task and is left out."]


def test_a_chain_goes_on_and_a_load_shape_has_no_effect(load: Load) -> None:
    played = play(load, CHAIN, max_in_flight=1)
    assert counts(played) == {"GET /first": ARRIVALS / 2, "GET /second": ARRIVALS / 2}
    sentence = "Wave has no effect: the plan says how much load there is, not a load shape."
    assert played.notes("warnings") == [sentence]


EVENTS = """
import sys
from loadstone import HttpUser
from locust import events, task

def say(*words):
    print("said", *words, file=sys.stderr)

@events.init_command_line_parser.add_listener
def add_options(parser):
    parser.add_argument("--page", default="/page")

@events.init.add_listener
def on_init(environment, runner, **_):
    say("init", environment.parsed_options.page, environment.host == environment.runner.environment.host)

@events.test_start.add_listener
def on_test_start(environment, **_):
    say("test_start")

@events.spawning_complete.add_listener
def on_spawned(user_count, **_):
    say("spawning_complete", user_count)

@events.test_stop.add_listener
def on_test_stop(environment, **_):
    say("test_stop")

heard = []

@events.request.add_listener
def on_request(request_type, name, response_time, response_length, response, context, exception, **_):
    heard.append((request_type, name, response_time > 0, response_length > 0, response.status_code))

@events.quitting.add_listener
def on_quitting(environment, **_):
    total = environment.stats.total
    say("quitting", len(heard), total.num_requests, total.num_failures, *sorted(set(heard)))

class Visitor(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def visit(self):
        self.client.get(self.environment.parsed_options.page)
"""

QUITTER = """
from locust import HttpUser, task

class Visitor(HttpUser):
    asked = 0

    @task
    def visit(self):
        self.client.get("/")
        Visitor.asked += 1
        if Visitor.asked == 10:
            self.environment.runner.quit()
"""


def test_events_tell_the_locustfile_what_they_tell_it_in_locust(load: Load) -> None:
    played = play(load, EVENTS)
    said = [line.removeprefix("said ") for line in played.stderr.splitlines() if line.startswith("said ")]
    assert said == [
        "init /page True",
        "test_start",
        "spawning_complete 10",
        "test_stop",
        f"quitting {ARRIVALS} {ARRIVALS} 0 ('GET', '/page', True, True, 200)",
    ]


def test_a_task_that_has_the_runner_quit_ends_the_plan_and_not_what_is_under_way(load: Load) -> None:
    played = play(load, QUITTER, duration_s=20)
    assert 10 <= played.total("planned") < 40
    assert played.final.planned_s is not None
    assert played.final.planned_s < 2
