"""Flags that several commands share: the same name and the same meaning everywhere.

A command takes a group as one value; `takes` lays its fields open to typer, as flags of the command.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer


@dataclass(frozen=True, kw_only=True)
class LoadFlags:
    """How much, how long, and by whom; None is the scenario's own value."""

    locustfile: Annotated[
        Path | None, typer.Option("-f", "--locustfile", help="Any locustfile, unchanged.")
    ] = None
    arrivals: Annotated[
        str | None,
        typer.Option(help="constant, poisson, ramp:10-100, steps:…, spike:…, replay:FILE, or a sum."),
    ] = None
    rate: Annotated[
        float | None, typer.Option(help="Arrivals per second (constant, poisson), or a replay's speed.")
    ] = None
    duration: Annotated[str | None, typer.Option(help="Measured time: 30s, 2m, 1h.")] = None
    warm_up: Annotated[str | None, typer.Option(help="Opening time that is left out.")] = None
    drain: Annotated[str | None, typer.Option(help="How long to wait for the last answers.")] = None
    max_in_flight: Annotated[
        int | None, typer.Option(help="Arrivals beyond it are dropped, and counted.")
    ] = None
    closed: Annotated[
        bool, typer.Option("--closed", help="Users that wait for each answer, as plain Locust's do.")
    ] = False
    users: Annotated[int | None, typer.Option(help="How many users a closed workload has.")] = None
    tags: Annotated[list[str], typer.Option("-T", "--tags", metavar="TAG", help="Only tasks with it.")] = (
        field(default_factory=list)
    )
    exclude_tags: Annotated[
        list[str], typer.Option("-E", "--exclude-tags", metavar="TAG", help="No tasks with it.")
    ] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class GeneratorFlags:
    """Where the load comes from."""

    processes: Annotated[
        int, typer.Option(min=0, help="Load processes here, that share the arrivals; 0: one by itself.")
    ] = 0
    expect_workers: Annotated[
        int, typer.Option(min=0, help="Load processes of other machines to wait for: loadstone worker.")
    ] = 0
    master_bind_host: Annotated[
        str, typer.Option(help="Where workers connect (default: 127.0.0.1, or any with --expect-workers).")
    ] = ""
    master_bind_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Its port (default: 5557 with --expect-workers).")
    ] = 0
    web_ui: Annotated[bool, typer.Option("--web-ui", help="Locust's web UI while the run goes on.")] = False
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="Its port.")] = 8089


@dataclass(frozen=True, kw_only=True)
class SystemFlags:
    """What is loaded."""

    seed: Annotated[int, typer.Option(help="Of the data, the arrivals and the draws.")] = 1
    strategies: Annotated[
        list[str], typer.Option("--set", metavar="FAMILY=STRATEGY", help="Choose a strategy.")
    ] = field(default_factory=list)
    settings: Annotated[
        list[str], typer.Option("--env", metavar="NAME=VALUE", help="A setting of the service.")
    ] = field(default_factory=list)
    service_processes: Annotated[int, typer.Option(min=1, help="One process per port.")] = 1


def takes(*groups: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: typer sees the groups' fields as flags, the command gets one value per group."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_groups(**flags: Any) -> Any:
            values = [group(**{f.name: flags.pop(f.name) for f in fields(group)}) for group in groups]
            return command(*values, **flags)

        parameters = _own_parameters(command)[len(groups) :]
        parameters += [parameter for group in groups for parameter in _flag_parameters(group)]
        with_groups.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_groups.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_groups

    return decorate


def _own_parameters(command: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    return [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]


def _flag_parameters(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            entry.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=entry.default if entry.default_factory is MISSING else entry.default_factory(),
            annotation=hints[entry.name],
        )
        for entry in fields(group)
    ]
