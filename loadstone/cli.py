"""The commands. The only place that knows everything, and the only one that exits."""

import shlex
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from loadstone.checking import chosen_checks
from loadstone.directory import RunDirectory, open_run
from loadstone.errors import LoadstoneError
from loadstone.execution import RunRequest, execute, run_id
from loadstone.flags import choose_scenario, parse_pairs, with_load_flags
from loadstone.interrupts import Interrupted, Interrupts
from loadstone.progress import TerminalProgress
from loadstone.project import Project, ScenarioSpec, find_project
from loadstone.records.run import Run, encode_run
from loadstone.reports.terminal import render_terminal
from loadstone.stack.guardian import Guardian
from loadstone.system import SystemPlan, running_system

EXIT_GOOD, EXIT_FAILED, EXIT_MISTAKE, EXIT_INCONCLUSIVE = 0, 1, 2, 3
INTERRUPTED = 130  # what typer returns after Ctrl-C

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="[SCENARIO]", help="What users do; see pyproject.toml.")
]
SetFlag = Annotated[list[str], typer.Option("--set", metavar="FAMILY=STRATEGY", help="Choose a strategy.")]
EnvFlag = Annotated[list[str], typer.Option("--env", metavar="NAME=VALUE", help="A setting of the service.")]
SeedFlag = Annotated[int, typer.Option(help="Of the data, the arrivals and the draws.")]
ProcessesFlag = Annotated[int, typer.Option("--service-processes", min=1, help="One process per port.")]


@app.callback(invoke_without_command=True)
def about(context: typer.Context) -> None:
    """Load testing that shows speed and correctness in one table."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def run(
    scenario: ScenarioArgument = "",
    locustfile: Annotated[
        Path | None, typer.Option("-f", "--locustfile", help="Any locustfile, unchanged.")
    ] = None,
    host: Annotated[str, typer.Option(help="A running system; then no stack is started.")] = "",
    arrivals: Annotated[str | None, typer.Option(help="constant or poisson.")] = None,
    rate: Annotated[float | None, typer.Option(help="Arrivals per second.")] = None,
    duration: Annotated[str | None, typer.Option(help="Measured time: 30s, 2m, 1h.")] = None,
    warm_up: Annotated[str | None, typer.Option(help="Opening time that is left out.")] = None,
    drain: Annotated[str | None, typer.Option(help="How long to wait for the last answers.")] = None,
    max_in_flight: Annotated[
        int | None, typer.Option(help="Arrivals beyond it are dropped, and counted.")
    ] = None,
    seed: SeedFlag = 1,
    strategies: SetFlag = [],  # noqa: B006 - typer copies it
    settings: EnvFlag = [],  # noqa: B006
    service_processes: ProcessesFlag = 1,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the harness's own /metrics; 0: any free one.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="Directory of the results (default: results/ID).")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="The record on stdout, and nothing else there.")
    ] = False,
) -> None:
    """Load a system at an arrival rate, check it, and show speed and correctness in one table.

    Example: loadstone run caching --set caching=guide
    """
    project = find_project(Path.cwd())
    name, spec = choose_scenario(project, scenario, locustfile)
    if locustfile and rate is None:
        raise LoadstoneError("a locustfile has no rate of its own.", "Give one: --rate 100.")
    spec = with_load_flags(
        spec,
        arrivals=arrivals,
        rate=rate,
        duration=duration,
        warm_up=warm_up,
        drain=drain,
        max_in_flight=max_in_flight,
    )
    plan = _system_plan(project, spec, strategies, settings, seed, host, service_processes)
    checks = chosen_checks(spec.checks, project.checks, project.directory)
    identity = run_id(name)
    directory = RunDirectory.create(out or Path("results") / identity)
    command = shlex.join(["loadstone", *sys.argv[1:]])
    request = RunRequest(plan, name, identity, command, directory, checks, metrics_port)
    with Interrupts() as interrupts:
        record = _execute(project, request, interrupts)
        _show(record, directory, as_json=json)
        directory.write_report(record)
    raise typer.Exit(_exit_code(record))


@app.command()
def up(
    scenario: ScenarioArgument = "",
    seed: SeedFlag = 1,
    strategies: SetFlag = [],  # noqa: B006
    settings: EnvFlag = [],  # noqa: B006
    service_processes: ProcessesFlag = 1,
) -> None:
    """Start the stack of a scenario, print every address, and keep it running until Ctrl-C.

    Example: loadstone up, then: locust -f loadtests/locustfile.py -H http://127.0.0.1:PORT
    """
    project = find_project(Path.cwd())
    _, spec = choose_scenario(project, scenario, None)
    plan = _system_plan(project, spec, strategies, settings, seed, "", service_processes)
    stop = threading.Event()
    with (
        Guardian() as guardian,
        TerminalProgress(Console(stderr=True)) as progress,
        running_system(project, plan, guardian, progress.step) as system,
        Interrupts(stop.set),
    ):
        for number, url in enumerate(system.urls, 1):
            print(f"service {number}: {url}")
        for name, address in system.addresses.items():
            print(f"{name}: {address}")
        sys.stdout.flush()
        progress.step("running; Ctrl-C stops everything")
        with suppress(Interrupted):
            stop.wait()


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Directories of runs, or their run.json.")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="The record on stdout, and nothing else there.")
    ] = False,
) -> None:
    """Render records again; of a run that was killed, what its journal holds.

    Example: loadstone report results/20261124T101500Z-mixed-1f3a
    """
    for path in runs:
        directory = open_run(path)
        record = directory.load()
        directory.write_report(record)
        _show(record, directory, as_json=json)


def main() -> None:
    """Run the command line and exit: 0 good, 1 failed, 2 a mistake or nothing valid, 3 inconclusive."""
    try:
        code = typer.main.get_command(app).main(prog_name="loadstone", standalone_mode=False)
    except typer.TyperException as error:
        code = _complain(error.format_message(), "See loadstone --help.")
    except LoadstoneError as error:
        code = _complain(error.message, error.remedy, error.exit_code)
    except (Interrupted, typer.Abort):
        code = INTERRUPTED
    except Exception:
        traceback.print_exc()
        code = _complain("this is a fault of Loadstone's own.", "Please report it with the lines above.")
    if code == INTERRUPTED:
        code = _complain("stopped; what was measured until then is kept.", "", EXIT_INCONCLUSIVE)
    sys.exit(code)


def _execute(project: Project, request: RunRequest, interrupts: Interrupts) -> Run:
    """Return the record of a run; leave no directory behind when nothing was measured."""
    try:
        with TerminalProgress(Console(stderr=True)) as progress:
            return execute(project, request, progress, interrupts)
    finally:
        request.directory.tidy()


def _complain(message: str, remedy: str, code: int = EXIT_MISTAKE) -> int:
    print(f"loadstone: {message} {remedy}".rstrip(), file=sys.stderr)
    return code


def _system_plan(
    project: Project,
    scenario: ScenarioSpec,
    strategies: list[str],
    settings: list[str],
    seed: int,
    host: str,
    service_processes: int,
) -> SystemPlan:
    """Return what must run; raises LoadstoneError for flags that only a new stack could heed."""
    given = {"--set": strategies, "--env": settings, "--service-processes": service_processes > 1}
    if host and (flag := next((flag for flag, value in given.items() if value), "")):
        raise LoadstoneError(f"{flag} cannot change what runs at {host}.", f"Leave out {flag}, or --host.")
    chosen = project.strategies(scenario, parse_pairs("--set", strategies))
    environment = {**scenario.environment, **parse_pairs("--env", settings)}
    return SystemPlan(
        scenario=msgspec.structs.replace(scenario, environment=environment),
        strategies=chosen,
        seed=seed,
        host=host,
        service_processes=service_processes,
    )


def _show(record: Run, directory: RunDirectory, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(encode_run(record))
        sys.stdout.buffer.flush()
        return
    render_terminal(record, Console(), report_path=directory.report_path)


def _exit_code(record: Run) -> int:
    codes = {"FAIL": EXIT_FAILED, "INVALID": EXIT_MISTAKE, "PARTIAL": EXIT_INCONCLUSIVE, "PASS": EXIT_GOOD}
    return codes[record.verdict]
