"""The system under test: one that already runs, or a stack of our own."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.project import Project, ScenarioSpec
from loadstone.scraping import require_answer
from loadstone.stack import ExternalServers, ServicePlan, StackPlan, start_stack
from loadstone.stack.guardian import Guardian


@dataclass(frozen=True)
class SystemPlan:
    """What must run before anything can be measured. `host` is a running system; empty: start a stack."""

    scenario: ScenarioSpec
    strategies: dict[str, str]
    seed: int
    host: str = ""
    service_processes: int = 1
    load_processes: int = 1  # beside it on this machine


@dataclass(frozen=True)
class System:
    """The system under test: one URL per service process, and facts for the record."""

    urls: Sequence[str]
    facts: dict[str, Any] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


@contextmanager
def running_system(
    project: Project, plan: SystemPlan, guardian: Guardian, report: Callable[[str], None]
) -> Iterator[System]:
    """Give the system while the context is entered; `report` hears what is being done.

    Raises LoadstoneError when the host does not answer or a part of the stack does not start.
    """
    if plan.host:
        yield _reachable(plan.host)
        return
    with start_stack(_stack_plan(project, plan), guardian, report) as stack:
        addresses = {"PostgreSQL primary": stack.database_url, "Redis": stack.redis_url}
        replicas = {f"PostgreSQL replica {n}": url for n, url in enumerate(stack.replica_urls, 1)}
        yield System(stack.service_urls, stack.facts, {**addresses, **replicas})


def _reachable(host: str) -> System:
    url = host.rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise LoadstoneError(f"--host {host} is no URL.", "Write it as http://127.0.0.1:8000.")
    require_answer(url)
    return System([url])


def _stack_plan(project: Project, plan: SystemPlan) -> StackPlan:
    service = project.service
    if service is None:
        raise LoadstoneError(
            "this project declares no service to start ([tool.loadstone.service] in pyproject.toml).",
            "Declare one, or give --host URL.",
        )
    return StackPlan(
        service=ServicePlan(
            command=service.command,
            prepare=[part.replace("{seed}", str(plan.seed)) for part in service.prepare],
            ready_path=service.ready,
            working_directory=project.directory,
            environment={
                **service.environment,
                **project.strategy_environment(plan.strategies),
                **plan.scenario.environment,
            },
        ),
        replicas=plan.scenario.stack.replicas,
        replica_apply_delay_s=plan.scenario.stack.replica_apply_delay_s,
        service_processes=plan.service_processes,
        load_processes=plan.load_processes,
        external=ExternalServers.from_environment(os.environ),
    )
