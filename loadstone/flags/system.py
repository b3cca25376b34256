"""What the flags say about the system under test."""

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.flags.groups import SystemFlags
from loadstone.flags.values import parse_pairs
from loadstone.project import Project, ScenarioSpec
from loadstone.system import SystemPlan


def system_plan(
    project: Project, scenario: ScenarioSpec, flags: SystemFlags, host: str = "", load_processes: int = 0
) -> SystemPlan:
    """Return what must run beside so many load processes.

    Raises LoadstoneError for flags that only a new stack could heed.
    """
    given = {
        "--set": flags.strategies,
        "--env": flags.settings,
        "--service-processes": flags.service_processes > 1,
    }
    if host and (flag := next((flag for flag, value in given.items() if value), "")):
        raise LoadstoneError(f"{flag} cannot change what runs at {host}.", f"Leave out {flag}, or --host.")
    environment = {**scenario.environment, **parse_pairs("--env", flags.settings)}
    return SystemPlan(
        scenario=msgspec.structs.replace(scenario, environment=environment),
        strategies=project.strategies(scenario, parse_pairs("--set", flags.strategies)),
        seed=flags.seed,
        host=host,
        service_processes=flags.service_processes,
        load_processes=max(1, load_processes),
    )
