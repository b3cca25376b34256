from dataclasses import dataclass, field
from typing import Annotated

import typer
from typer.testing import CliRunner

from loadstone.flags.groups import takes

seen: list[object] = []


@dataclass(frozen=True, kw_only=True)
class Fruit:
    apples: Annotated[int, typer.Option(help="How many.")] = 1
    pears: Annotated[list[str], typer.Option("--pear")] = field(default_factory=list)


app = typer.Typer()


@app.command()
@takes(Fruit)
def pick(fruit: Fruit, basket: Annotated[str, typer.Argument()] = "small") -> None:
    """Pick fruit."""
    seen.append((fruit, basket))


def test_a_command_gets_its_flags_in_groups() -> None:
    assert CliRunner().invoke(app, ["large", "--apples", "3", "--pear", "a", "--pear", "b"]).exit_code == 0
    assert seen.pop() == (Fruit(apples=3, pears=["a", "b"]), "large")


def test_flags_that_are_not_given_have_the_groups_defaults() -> None:
    assert CliRunner().invoke(app, []).exit_code == 0
    assert seen.pop() == (Fruit(), "small")


def test_the_help_shows_the_groups_flags_as_the_commands_own() -> None:
    output = CliRunner().invoke(app, ["--help"]).output
    assert "--apples" in output
    assert "How many." in output
