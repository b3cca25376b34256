from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.project import find_project

TABLE = """
[tool.loadstone]
scenario = "calm"
[tool.loadstone.families.caching]
setting = "CACHING"
default = "lease"
choices = ["uncached", "lease"]
[tool.loadstone.scenarios.calm]
about = "calm"
locustfile = "calm.py"
rate = 5
strategies = { caching = "uncached" }
"""


def project_at(directory: Path, text: str = TABLE) -> Path:
    (directory / "pyproject.toml").write_text(text)
    return directory


def test_the_nearest_pyproject_with_the_table_is_the_project(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    project_at(inner, "[project]\nname = 'other'\n")
    project = find_project(project_at(tmp_path) / "a" / "b")
    assert (project.directory, project.scenario) == (tmp_path, "calm")


def test_a_choice_beats_the_scenarios_pin_and_that_beats_the_default(tmp_path: Path) -> None:
    project = find_project(project_at(tmp_path))
    calm = project.scenario_named("calm")
    assert project.strategies(calm, {}) == {"caching": "uncached"}
    assert project.strategies(calm, {"caching": "lease"}) == {"caching": "lease"}
    assert project.strategy_environment({"caching": "lease"}) == {"CACHING": "lease"}


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"cooking": "x"}, "no family 'cooking'. Choose one of: caching"),
        ({"caching": "x"}, "no strategy 'x'. Choose one of: uncached, lease"),
    ],
)
def test_an_unknown_choice_is_refused_with_those_there_are(
    tmp_path: Path, chosen: dict[str, str], said: str
) -> None:
    project = find_project(project_at(tmp_path))
    with pytest.raises(LoadstoneError, match=said):
        project.strategies(project.scenario_named("calm"), chosen)


def test_an_unknown_scenario_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match=r"no scenario 'storm'\. Choose one of: calm"):
        find_project(project_at(tmp_path)).scenario_named("storm")


@pytest.mark.parametrize(
    ("text", "said"),
    [("[tool.loadstone]\nscenari = 'x'\n", "unknown field"), ("[tool.loadstone", "not valid TOML")],
)
def test_a_mistake_in_the_table_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LoadstoneError, match=said):
        find_project(project_at(tmp_path, text))
