"""The commands. The only place that knows everything, and the only one that exits."""

import os
import shlex
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadstone.checking import chosen_checks
from loadstone.directory import RunDirectory, open_run
from loadstone.doctor import examine
from loadstone.errors import LoadstoneError
from loadstone.execution import RunRequest, execute, run_id
from loadstone.flags.generator import workers_of
from loadstone.flags.groups import GeneratorFlags, LoadFlags, SystemFlags, takes
from loadstone.flags.scenario import choose_scenario, with_load_flags
from loadstone.flags.system import system_plan
from loadstone.flags.values import without_option
from loadstone.generator import MASTER_PORT, worker_command
from loadstone.interrupts import Interrupted, Interrupts
from loadstone.progress import TerminalProgress
from loadstone.project import Project, find_project
from loadstone.records.finding import exit_code
from loadstone.records.run import Run, encode_run
from loadstone.reports.doctor import render_findings
from loadstone.reports.terminal import render_terminal
from loadstone.stack.guardian import Guardian
from loadstone.system import running_system

EXIT_GOOD, EXIT_FAILED, EXIT_MISTAKE, EXIT_INCONCLUSIVE = 0, 1, 2, 3
INTERRUPTED = 130  # what typer returns after Ctrl-C

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="What users do; see pyproject.toml.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="The record on stdout, and nothing else there.")]


@app.callback(invoke_without_command=True)
def about(context: typer.Context) -> None:
    """Load testing that shows speed and correctness in one table.

    Example: loadstone run -f locustfile.py --host http://127.0.0.1:8000 --rate 200
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
@takes(LoadFlags, GeneratorFlags, SystemFlags)
def run(
    load: LoadFlags,
    generator: GeneratorFlags,
    system: SystemFlags,
    scenario: ScenarioArgument = "",
    host: Annotated[str, typer.Option(help="A running system; then no stack is started.")] = "",
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the harness's own /metrics; 0: any free one.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="Directory of the results (default: results/ID).")] = None,
    json: JsonFlag = False,
) -> None:
    """Load a system at an arrival rate, check it, and show speed and correctness in one table.

    Example: loadstone run caching --set caching=guide
    """
    project = find_project(Path.cwd())
    name, spec = choose_scenario(project, scenario, load.locustfile)
    spec = with_load_flags(spec, load)
    plan = system_plan(project, spec, system, host, generator.processes)
    checks = chosen_checks(spec.checks, project.checks, project.directory)
    identity = run_id(name)
    directory = RunDirectory.create(out or Path("results") / identity)
    command = shlex.join(["loadstone", *without_option(sys.argv[1:], "--out")])  # its directory is taken
    request = RunRequest(
        system=plan,
        scenario_name=name,
        id=identity,
        command=command,
        directory=directory,
        workers=workers_of(generator),
        web_port=generator.web_port if generator.web_ui else None,
        checks=checks,
        metrics_port=metrics_port,
    )
    with Interrupts() as interrupts:
        record = _execute(project, request, interrupts)
        _show(record, directory, as_json=json)
        directory.write_report(record)
    raise typer.Exit(_exit_code(record))


@app.command()
@takes(SystemFlags)
def up(system: SystemFlags, scenario: ScenarioArgument = "") -> None:
    """Start the stack of a scenario, print every address, and keep it running until Ctrl-C.

    Example: loadstone up, then: locust -f loadtests/locustfile.py -H http://127.0.0.1:PORT
    """
    project = find_project(Path.cwd())
    _, spec = choose_scenario(project, scenario, None)
    plan = system_plan(project, spec, system)
    stop = threading.Event()
    with (
        Guardian() as guardian,
        TerminalProgress(Console(stderr=True)) as progress,
        running_system(project, plan, guardian, progress.step) as running,
        Interrupts(stop.set),
    ):
        for number, url in enumerate(running.urls, 1):
            print(f"service {number}: {url}")
        for name, address in running.addresses.items():
            print(f"{name}: {address}")
        sys.stdout.flush()
        progress.step("running; Ctrl-C stops everything")
        with suppress(Interrupted):
            stop.wait()


@app.command()
def worker(
    master: Annotated[str, typer.Option(help="The machine where loadstone run --expect-workers waits.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port it listens on.")] = MASTER_PORT,
    locustfile: Annotated[
        Path | None, typer.Option("-f", "--locustfile", help="Where this machine has the run's locustfile.")
    ] = None,
) -> None:
    """Give this machine to a distributed run, and return when that run has ended.

    Example: loadstone worker --master 10.0.0.5 -f locustfile.py
    """
    # Only the load process may import Locust: this one becomes it.
    command = worker_command(master, port, locustfile)
    os.execv(command[0], command)


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Directories of runs, or their run.json.")
    ],
    json: JsonFlag = False,
) -> None:
    """Render records again; of a run that was killed, what its journal holds.

    Example: loadstone report results/20261124T101500Z-mixed-1f3a
    """
    for path in runs:
        directory = open_run(path)
        record = directory.load()
        directory.write_report(record)
        _show(record, directory, as_json=json)


@app.command()
def doctor() -> None:
    """Say what this machine has, what it lacks, and what will disturb a measurement.

    Example: loadstone doctor
    """
    with TerminalProgress(Console(stderr=True)) as progress:
        findings = examine(progress.step)
    render_findings(findings, Console())
    raise typer.Exit(exit_code(findings))


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


def _show(record: Run, directory: RunDirectory, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(encode_run(record))
        sys.stdout.buffer.flush()
        return
    render_terminal(record, Console(), report_path=directory.report_path)


def _exit_code(record: Run) -> int:
    codes = {"FAIL": EXIT_FAILED, "INVALID": EXIT_MISTAKE, "PARTIAL": EXIT_INCONCLUSIVE, "PASS": EXIT_GOOD}
    return codes[record.verdict]
