import json
import os
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from loadstone.errors import LoadstoneError
from loadstone.stack import ExternalServers, ServicePlan, StackPlan, start_stack
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian
from tests.loadstone.stack.scripts import Scripts, python_for

DUMMY_SERVICE = str(Path(__file__).with_name("dummy_service.py"))
SERVE = ServicePlan(
    command=["{python}", DUMMY_SERVICE, "serve", "{port}"],
    ready_path="/ready",
    environment={"GREETING": "hello", "REDIS_URL": "overridden by the stack"},
)
GIVEN = ExternalServers(
    database_url="postgresql://db/app", replica_urls=("postgresql://replica/app",), redis_url="redis://cache"
)


def ask(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/ready", timeout=5) as answer:
        return json.load(answer)


def unheard(text: str) -> None:
    pass


def failure_of(plan: StackPlan) -> str:
    """Return why the stack does not start."""
    with (
        Guardian() as guardian,
        pytest.raises(LoadstoneError) as error,
        start_stack(plan, guardian, unheard),
    ):
        pass
    return error.value.message


def test_the_service_learns_where_its_servers_are() -> None:
    told: list[str] = []
    plan = StackPlan(service=SERVE, replicas=2, replica_apply_delay_s=0.2)
    with Guardian() as guardian, start_stack(plan, guardian, told.append) as stack:
        assert ask(stack.service_urls[0]) == {
            "DATABASE_URL": stack.database_url,
            "DATABASE_READ_REPLICAS": ",".join(stack.replica_urls),
            "REDIS_URL": stack.redis_url,
            "GREETING": "hello",
        }
        assert len({stack.database_url, *stack.replica_urls}) == 3
        assert set(stack.processes) == {"primary", "replica-1", "replica-2", "redis", "service-1"}
        assert stack.facts["system"].startswith("PostgreSQL 18.")
        assert stack.facts["system"].endswith(" + 2 replicas, Valkey 9.1.2, 1 service process")
        assert stack.facts["postgresql"]["replica_apply_delay_s"] == 0.2
        assert all(
            os.sched_getaffinity(process.pid) == split_cores().system for process in stack.processes.values()
        )
    assert told == [
        "starting PostgreSQL and Valkey",
        "preparing the data and the replicas",
        "starting the service",
    ]


def test_given_servers_are_used_and_none_is_started() -> None:
    plan = StackPlan(service=SERVE, external=GIVEN, service_processes=2)
    with Guardian() as guardian, start_stack(plan, guardian, unheard) as stack:
        assert set(stack.processes) == {"service-1", "service-2"}
        assert [ask(url)["DATABASE_READ_REPLICAS"] for url in stack.service_urls] == [
            "postgresql://replica/app"
        ] * 2
        assert (
            stack.facts["system"]
            == "PostgreSQL (external) + 1 replica, Redis (external), 2 service processes"
        )


def test_a_preparation_that_fails_is_reported_with_its_output() -> None:
    failing = replace(SERVE, prepare=["{python}", DUMMY_SERVICE, "fail", "videos"])
    message = failure_of(StackPlan(service=failing, external=GIVEN))
    assert message.startswith("prepare ended with exit code 1. Its last lines:\nline 17\n")
    assert message.endswith("line 30\nno such table: videos")


def test_a_service_that_dies_while_it_starts_is_reported_with_its_output() -> None:
    dying = replace(SERVE, command=["{python}", DUMMY_SERVICE, "fail", "users"])
    message = failure_of(StackPlan(service=dying, external=GIVEN))
    assert message.startswith("service-1 ended with exit code 1 before it could answer 200 to GET /ready.")
    assert message.endswith("no such table: users")


def test_two_stacks_side_by_side_do_not_meet(scripts: Scripts) -> None:
    both = [scripts.start("harness.py"), scripts.start("harness.py")]
    urls = [harness.hear_until(list) for harness in both]
    ports = [urlsplit(url).port for url in urls[0] + urls[1]]
    assert len(set(ports)) == len(ports) == 8
    for service_url, database_url, replica_url, redis_url in urls:
        assert ask(service_url) | {"GREETING": ""} == {
            "DATABASE_URL": database_url,
            "DATABASE_READ_REPLICAS": replica_url,
            "REDIS_URL": redis_url,
            "GREETING": "",
        }


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run it as an ordinary user already")
def test_an_ordinary_user_can_run_it_too(scripts: Scripts) -> None:
    python = python_for("nobody")
    if python is None:
        pytest.skip("no Python here that an ordinary user can run, or this folder is closed to them")
    harness = scripts.start("harness.py", python=python, user="nobody")
    assert ask(harness.hear_until(list)[0])["DATABASE_URL"]
