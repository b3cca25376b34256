"""The system under test: started together, ended together."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from loadstone.stack.affinity import Cores, split_cores
from loadstone.stack.guardian import Guardian
from loadstone.stack.plan import StackPlan
from loadstone.stack.process import ChildProcess
from loadstone.stack.servers import Servers
from loadstone.stack.service import PREPARE_TIMEOUT_S, ServiceProcess, start_preparation

STOP_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Stack:
    """A running stack: `facts` for the record's environment, `processes` by name."""

    service_urls: list[str]
    database_url: str
    replica_urls: list[str]
    redis_url: str
    facts: dict[str, Any]
    processes: dict[str, ChildProcess]


@contextmanager
def start_stack(
    plan: StackPlan, guardian: Guardian, report_progress: Callable[[str], None]
) -> Iterator[Stack]:
    """Start everything and give it, prepared, caught up and ready.

    At the end the service is asked to stop while it can still reach its servers; those, and whatever a
    failure leaves, end with the guardian. Raises LoadstoneError when something does not start.
    """
    cores = split_cores(plan.load_processes)
    report_progress("starting PostgreSQL and Valkey")
    servers = Servers(plan, guardian, cores.system)
    _prepare(plan, guardian, servers, report_progress)
    report_progress("starting the service")
    services = _start_services(plan, guardian, servers, cores)
    servers.wait_until_caught_up()
    for service in services:
        service.wait_until_ready()
    yield _describe(plan, servers, services, cores)
    for service in services:
        service.process.stop(STOP_TIMEOUT_S)


def _prepare(
    plan: StackPlan,
    guardian: Guardian,
    servers: Servers,
    report_progress: Callable[[str], None],
) -> None:
    """Make tables and data, and the replicas meanwhile: what they miss, they stream."""
    report_progress("preparing the data and the replicas")
    preparation = start_preparation(guardian, plan.service, servers.environment())
    servers.start_replicas()
    if preparation:
        preparation.wait(PREPARE_TIMEOUT_S)


def _start_services(
    plan: StackPlan, guardian: Guardian, servers: Servers, cores: Cores
) -> list[ServiceProcess]:
    environment = servers.environment()
    return [
        ServiceProcess(guardian, plan.service, f"service-{number}", environment, cores=cores.system)
        for number in range(1, plan.service_processes + 1)
    ]


def _describe(plan: StackPlan, servers: Servers, services: list[ServiceProcess], cores: Cores) -> Stack:
    facts = servers.facts()
    processes = servers.processes() | {service.process.name: service.process for service in services}
    return Stack(
        service_urls=[service.url for service in services],
        database_url=servers.database_url,
        replica_urls=servers.replica_urls,
        redis_url=servers.redis_url,
        processes=processes,
        facts={
            "system": _sentence(facts, len(services)),
            **facts,
            "service_processes": len(services),
            "generator_on_cores": sorted(cores.generator),
            "generator_crowded": cores.crowded,  # more load processes than cores for them
            "system_on_cores": sorted(cores.system),
        },
    )


def _sentence(facts: Mapping[str, Any], service_processes: int) -> str:
    """Return such as `PostgreSQL 18.6 + 1 replica, Valkey 9.1.2, 1 service process`."""
    postgresql, redis = facts["postgresql"], facts["redis"]
    replicas = postgresql["replicas"]
    beside = f" + {counted(replicas, 'replica', 'replicas')}" if replicas else ""
    return ", ".join(
        [
            f"PostgreSQL {postgresql.get('server_version', '(external)')}{beside}",
            f"Valkey {redis['server_version']}" if "server_version" in redis else "Redis (external)",
            counted(service_processes, "service process", "service processes"),
        ]
    )


def counted(number: int, one: str, many: str) -> str:
    """Return such as `1 replica` or `2 replicas`."""
    return f"{number} {one if number == 1 else many}"
