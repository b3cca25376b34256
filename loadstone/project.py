"""`[tool.loadstone]` of a project's pyproject.toml: its service, scenarios, families and measures."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.measure import MeasureSpec


class ServiceSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How to start the system under test. `{python}`, `{port}` and `{seed}` are filled in."""

    command: list[str]
    prepare: list[str] = msgspec.field(default_factory=list)  # run to its end first: migrations, seed
    ready: str = "/"
    metrics: str = ""  # path of Prometheus text; empty: none
    configuration: str = ""  # path that answers {"strategies": {…}, "settings": {…}}; empty: none
    drain: str = ""  # POSTed after the drain, so that buffers reach their store before the checks
    environment: dict[str, str] = msgspec.field(default_factory=dict)


class FamilySpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One pattern: the setting that chooses its strategy, and the line that tells what it did."""

    setting: str
    default: str
    choices: list[str]
    note: str = ""  # a format string over the family's measures


class StackSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What runs beside the service."""

    replicas: int = 1
    replica_apply_delay_s: float = 0.0


class ScenarioSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What users do, and the defaults of a run of it. Durations are seconds."""

    about: str
    locustfile: str
    arrivals: str = "poisson"
    rate: float = 0.0  # arrivals per second; 0 asks for --rate
    duration_s: float = 30.0
    warm_up_s: float = 5.0
    drain_s: float = 5.0
    max_in_flight: int = 64
    workload: str = "open"  # open | closed
    users: int = 0  # of a closed workload
    tags: list[str] = msgspec.field(default_factory=list)
    exclude_tags: list[str] = msgspec.field(default_factory=list)
    checks: list[str] = msgspec.field(default_factory=list)
    strategies: dict[str, str] = msgspec.field(default_factory=dict)
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    stack: StackSpec = msgspec.field(default_factory=StackSpec)


class Project(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole of `[tool.loadstone]`."""

    scenario: str = "mixed"
    checks: str = ""  # module that holds CHECKS
    service: ServiceSpec | None = None
    families: dict[str, FamilySpec] = msgspec.field(default_factory=dict)
    measures: dict[str, MeasureSpec] = msgspec.field(default_factory=dict)
    scenarios: dict[str, ScenarioSpec] = msgspec.field(default_factory=dict)
    directory: Path = Path()

    def scenario_named(self, name: str) -> ScenarioSpec:
        """Return a scenario; raises LoadstoneError naming those there are."""
        if name not in self.scenarios:
            known = ", ".join(self.scenarios) or "none is declared"
            raise LoadstoneError(f"there is no scenario '{name}'.", f"Choose one of: {known}.")
        return self.scenarios[name]

    def strategies(self, scenario: ScenarioSpec, chosen: dict[str, str]) -> dict[str, str]:
        """Return the strategy of every family: the chosen one, else the scenario's pin, else the default.

        Raises LoadstoneError for an unknown family or strategy.
        """
        for family, strategy in {**scenario.strategies, **chosen}.items():
            if family not in self.families:
                known = ", ".join(self.families) or "none is declared"
                raise LoadstoneError(f"there is no family '{family}'.", f"Choose one of: {known}.")
            if strategy not in self.families[family].choices:
                raise LoadstoneError(
                    f"{family} has no strategy '{strategy}'.",
                    f"Choose one of: {', '.join(self.families[family].choices)}.",
                )
        defaults = {name: family.default for name, family in self.families.items()}
        return {**defaults, **scenario.strategies, **chosen}

    def strategy_environment(self, strategies: dict[str, str]) -> dict[str, str]:
        """Return the service settings that choose these strategies."""
        return {self.families[family].setting: name for family, name in strategies.items()}


def find_project(start: Path) -> Project:
    """Return the project of the nearest pyproject.toml with `[tool.loadstone]`, upwards from `start`.

    Without one the project is empty. Raises LoadstoneError when a file cannot be read as such.
    """
    for directory in (start, *start.parents):
        path = directory / "pyproject.toml"
        if path.is_file() and (table := _tool_table(path)) is not None:
            return _convert(table, path)
    return Project(directory=start)


def _tool_table(path: Path) -> dict[str, Any] | None:
    try:
        table: dict[str, Any] | None = tomllib.loads(path.read_text()).get("tool", {}).get("loadstone")
    except tomllib.TOMLDecodeError as error:
        raise LoadstoneError(f"{path} is not valid TOML: {error}.", "Mend it, then try again.") from error
    return table


def _convert(table: dict[str, Any], path: Path) -> Project:
    try:
        project = msgspec.convert(table, Project)
    except msgspec.ValidationError as error:
        raise LoadstoneError(f"[tool.loadstone] in {path}: {error}.", "Mend it, then try again.") from error
    project.directory = path.parent
    return project
