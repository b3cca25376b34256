from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.flags import choose_scenario, parse_duration_s, parse_pairs, with_load_flags
from loadstone.project import Project, ScenarioSpec

SCENARIO = ScenarioSpec(about="a", locustfile="a.py", rate=10.0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30.0), ("2m", 120.0), ("1h", 3600.0), ("500ms", 0.5), ("7", 7.0)]
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration_s("--duration", text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3s", "3 days", "nan"])
def test_what_is_no_duration_is_refused_with_its_flag(text: str) -> None:
    with pytest.raises(LoadstoneError, match="--drain"):
        parse_duration_s("--drain", text)


def test_pairs_keep_equals_signs_in_their_values() -> None:
    assert parse_pairs("--env", ["A=b=c", "D="]) == {"A": "b=c", "D": ""}


@pytest.mark.parametrize("text", ["A", "=b", ""])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(LoadstoneError, match="NAME=VALUE"):
        parse_pairs("--set", [text])


def test_flags_change_only_what_they_name() -> None:
    changed = with_load_flags(SCENARIO, rate=20.0, warm_up="1s")
    assert (changed.rate, changed.warm_up_s, changed.duration_s) == (20.0, 1.0, SCENARIO.duration_s)


@pytest.mark.parametrize(
    "flags",
    [
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"duration": "0s"},
        {"max_in_flight": 0},
        {"arrivals": "chaos"},
    ],
)
def test_a_load_that_cannot_run_is_refused(flags: dict[str, object]) -> None:
    with pytest.raises(LoadstoneError):
        with_load_flags(SCENARIO, **flags)  # type: ignore[arg-type]


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
