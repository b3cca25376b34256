"""Which scenario runs, and what the flags change of it."""

import os
from pathlib import Path
from typing import Any

import msgspec

from loadstone.arrivals import RateMeaning, parse_arrivals, rate_meaning
from loadstone.errors import LoadstoneError
from loadstone.flags.groups import LoadFlags
from loadstone.flags.values import parse_duration_s, require_positive
from loadstone.project import Project, ScenarioSpec


def choose_scenario(project: Project, name: str, locustfile: Path | None) -> tuple[str, ScenarioSpec]:
    """Return the scenario's name and spec: the named one, that of a locustfile, or the project's default.

    Raises LoadstoneError when there is none, or both are given.
    """
    if locustfile is None:
        chosen = name or project.scenario
        return chosen, project.scenario_named(chosen)
    if name:
        raise LoadstoneError(
            f"both the scenario {name} and --locustfile {locustfile} are given.", "Give one of them."
        )
    if not os.path.isfile(locustfile):  # noqa: PTH113 - False where access is denied
        raise LoadstoneError(f"--locustfile {locustfile} is no file.", "Give the path of a locustfile.")
    path = str(locustfile.resolve())
    return locustfile.stem, ScenarioSpec(about=f"the locustfile {locustfile}", locustfile=path)


def with_load_flags(scenario: ScenarioSpec, flags: LoadFlags) -> ScenarioSpec:
    """Return the scenario with what the flags change; raises LoadstoneError for a value it can't run with."""
    given = {
        "duration_s": _seconds("--duration", flags.duration),
        "warm_up_s": _seconds("--warm-up", flags.warm_up),
        "drain_s": _seconds("--drain", flags.drain),
        "tags": flags.tags or None,
        "exclude_tags": flags.exclude_tags or None,
        **(_closed(scenario, flags) if flags.closed else _open(scenario, flags)),
    }
    changed = msgspec.structs.replace(scenario, **{k: v for k, v in given.items() if v is not None})
    require_positive("--duration", changed.duration_s)
    if not flags.closed:
        _require_arrivals(changed)
    return changed


def _require_arrivals(scenario: ScenarioSpec) -> None:
    """Raise LoadstoneError when the arrivals of an open scenario cannot be planned."""
    parse_arrivals(
        scenario.arrivals,
        scenario.rate,
        warm_up_s=scenario.warm_up_s,
        duration_s=scenario.duration_s,
    )


def _open(scenario: ScenarioSpec, flags: LoadFlags) -> dict[str, Any]:
    if flags.users is not None:
        raise LoadstoneError(
            f"--users {flags.users} belongs to a closed workload.",
            "Add --closed, or bound an open one with --max-in-flight.",
        )
    arrivals = flags.arrivals or scenario.arrivals
    rate = _own_rate(scenario, arrivals) if flags.rate is None else flags.rate
    max_in_flight = scenario.max_in_flight if flags.max_in_flight is None else flags.max_in_flight
    require_positive("--max-in-flight", max_in_flight)
    return {"arrivals": arrivals, "rate": rate, "max_in_flight": max_in_flight}


def _own_rate(scenario: ScenarioSpec, arrivals: str) -> float:
    """Return the scenario's rate where the arrivals need one; those with rates of their own have 0."""
    if rate_meaning(arrivals) != RateMeaning.ARRIVALS:
        return 0.0
    if not scenario.rate:
        raise LoadstoneError(f"{scenario.about} has no rate of its own.", "Give one: --rate 100.")
    return scenario.rate


def _closed(scenario: ScenarioSpec, flags: LoadFlags) -> dict[str, Any]:
    given = {"--arrivals": flags.arrivals, "--rate": flags.rate, "--max-in-flight": flags.max_in_flight}
    if of_open := next((name for name, value in given.items() if value is not None), ""):
        raise LoadstoneError(
            f"{of_open} belongs to an open workload.", "Leave it out, or leave out --closed."
        )
    users = scenario.users if flags.users is None else flags.users
    if flags.users is None and not users:
        raise LoadstoneError("a closed workload needs its users.", "Give their number: --closed --users 50.")
    require_positive("--users", users)
    return {"workload": "closed", "users": users}


def _seconds(flag: str, text: str | None) -> float | None:
    return None if text is None else parse_duration_s(flag, text)
