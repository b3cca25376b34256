from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import LoadstoneError
from loadstone.flags.groups import LoadFlags
from loadstone.flags.scenario import choose_scenario, with_load_flags
from loadstone.project import Project, ScenarioSpec

SCENARIO = ScenarioSpec(about="a", locustfile="a.py", rate=10.0)


def changed(**flags: Any) -> ScenarioSpec:
    return with_load_flags(SCENARIO, LoadFlags(**flags))


def test_flags_change_only_what_they_name() -> None:
    scenario = changed(rate=20.0, warm_up="1s")
    assert (scenario.rate, scenario.warm_up_s, scenario.duration_s) == (20.0, 1.0, SCENARIO.duration_s)


@pytest.mark.parametrize(
    "flags",
    [
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"duration": "0s"},
        {"max_in_flight": 0},
        {"arrivals": "chaos"},
        {"arrivals": "ramp:1-5", "rate": 10.0},
        {"closed": True, "users": 0},
    ],
)
def test_a_load_that_cannot_run_is_refused(flags: dict[str, Any]) -> None:
    with pytest.raises(LoadstoneError):
        changed(**flags)


def test_a_scenarios_own_rate_is_left_out_where_the_arrivals_have_theirs() -> None:
    assert changed(arrivals="ramp:1-5").rate == 0
    assert changed(arrivals="constant").rate == SCENARIO.rate


def test_a_closed_workload_has_users_and_no_arrivals() -> None:
    scenario = changed(closed=True, users=50)
    assert (scenario.workload, scenario.users) == ("closed", 50)


@pytest.mark.parametrize("flags", [{"rate": 5.0}, {"arrivals": "constant"}, {"max_in_flight": 9}])
def test_flags_of_an_open_workload_are_refused_by_name_for_a_closed_one(flags: dict[str, Any]) -> None:
    with pytest.raises(LoadstoneError, match="belongs to an open workload"):
        changed(closed=True, users=5, **flags)


def test_users_without_a_closed_workload_are_refused() -> None:
    with pytest.raises(LoadstoneError, match="--users 5 belongs to a closed workload"):
        changed(users=5)


def test_a_locustfile_is_a_scenario_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("")
    name, spec = choose_scenario(Project(), "", tmp_path / "shop.py")
    assert (name, spec.locustfile) == ("shop", str(tmp_path / "shop.py"))


def test_a_scenario_and_a_locustfile_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match="Give one of them"):
        choose_scenario(Project(), "mixed", tmp_path / "shop.py")


def test_a_missing_locustfile_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match=r"shop\.py is no file"):
        choose_scenario(Project(), "", tmp_path / "shop.py")
