"""What the user typed, made into values; every refusal names the flag, the value and the remedy."""

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loadstone.arrivals import parse_arrivals
from loadstone.errors import LoadstoneError
from loadstone.project import Project, ScenarioSpec

_DURATION = re.compile(r"^(?P<number>\d+(\.\d+)?)(?P<unit>ms|s|m|h)?$")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def parse_duration_s(flag: str, text: str) -> float:
    """Return the seconds in `30s`, `2m`, `1h`, `500ms` or `30`; raises LoadstoneError otherwise."""
    match = _DURATION.match(text.strip())
    if match is None:
        raise LoadstoneError(f"{flag} {text} is no duration.", "Write it as 30s, 2m or 1h.")
    return float(match["number"]) * _UNIT_S[match["unit"]]


def parse_pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a mapping; raises LoadstoneError for one that is not of this form."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise LoadstoneError(f"{flag} {text} is no pair.", f"Write it as {flag} NAME=VALUE.")
        pairs[name] = value
    return pairs


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


def with_load_flags(
    scenario: ScenarioSpec,
    *,
    arrivals: str | None = None,
    rate: float | None = None,
    duration: str | None = None,
    warm_up: str | None = None,
    drain: str | None = None,
    max_in_flight: int | None = None,
) -> ScenarioSpec:
    """Return the scenario with what the flags change; raises LoadstoneError for a value it can't run with."""
    given = {
        "arrivals": arrivals,
        "rate": rate,
        "duration_s": None if duration is None else parse_duration_s("--duration", duration),
        "warm_up_s": None if warm_up is None else parse_duration_s("--warm-up", warm_up),
        "drain_s": None if drain is None else parse_duration_s("--drain", drain),
        "max_in_flight": max_in_flight,
    }
    changed = msgspec.structs.replace(scenario, **{k: v for k, v in given.items() if v is not None})
    parse_arrivals(changed.arrivals, changed.rate)
    _require_positive("--duration", changed.duration_s)
    _require_positive("--max-in-flight", changed.max_in_flight)
    return changed


def _require_positive(flag: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise LoadstoneError(f"{flag} {value:g} leaves nothing to measure.", "Give a value above 0.")
