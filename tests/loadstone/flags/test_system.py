from typing import Any

import pytest

from loadstone.errors import LoadstoneError
from loadstone.flags.groups import SystemFlags
from loadstone.flags.system import system_plan
from loadstone.project import FamilySpec, Project, ScenarioSpec

SCENARIO = ScenarioSpec(about="a", locustfile="a.py", environment={"TTL": "5", "SIZE": "1"})
PROJECT = Project(
    families={"caching": FamilySpec(setting="CACHING", default="lease", choices=["lease", "none"])}
)


def test_flags_win_over_the_scenarios_settings() -> None:
    plan = system_plan(PROJECT, SCENARIO, SystemFlags(settings=["TTL=9"], strategies=["caching=none"]))
    assert plan.scenario.environment == {"TTL": "9", "SIZE": "1"}
    assert plan.strategies == {"caching": "none"}


@pytest.mark.parametrize(
    "flags", [{"strategies": ["caching=none"]}, {"settings": ["TTL=9"]}, {"service_processes": 2}]
)
def test_a_running_system_cannot_be_changed_by_flags(flags: dict[str, Any]) -> None:
    with pytest.raises(LoadstoneError, match="cannot change what runs at http://there"):
        system_plan(PROJECT, SCENARIO, SystemFlags(**flags), "http://there")
