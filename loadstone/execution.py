"""One run from start to record: system, load, scrapes, drain, checks."""

import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from loadstone.analysis.folding import Ledger
from loadstone.analysis.measures import metric_names
from loadstone.calibration import require_fit
from loadstone.checking import judge
from loadstone.checks import Check, CheckContext
from loadstone.directory import RunDirectory
from loadstone.errors import LoadstoneError
from loadstone.generator import Generator, Workers
from loadstone.interrupts import Interrupted, Interrupts
from loadstone.load.identity import boot_id
from loadstone.metrics import MetricsServer, exposition
from loadstone.project import Project
from loadstone.records.environment import machine_facts, revision_facts
from loadstone.records.journal import Checked, End, Entry, Header, Load, Remark, Scraped
from loadstone.records.load import LoadPlan
from loadstone.records.pressure import changes, disturbances, pressure
from loadstone.records.run import CheckResult, Configuration, Run
from loadstone.scraping import Scraper, fetch_json
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian
from loadstone.system import System, SystemPlan, running_system

WRITE_EVERY_S = 5.0
WRITE_SELDOM = 20
REQUEST_TIMEOUT_S = 10.0
SETTLE_TIMEOUT_S = 30.0
USERS_READY_TIMEOUT_S = 130.0  # the load process gives up on its users a little earlier, and says why
WORKERS_READY_TIMEOUT_S = 320.0  # so does a master: on workers to come, on locustfiles, on users
SILENCE_TIMEOUT_S = 60.0


class Progress(Protocol):
    """Who is told how far a run has come."""

    def step(self, text: str) -> None:
        """Hear what begins now."""

    def second(self, ledger: Ledger) -> None:
        """Hear that more is known of the load."""


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What to run: the system, who loads it, where the results go, and the words that repeat it."""

    system: SystemPlan
    scenario_name: str
    id: str
    command: str
    directory: RunDirectory
    workers: Workers = field(default_factory=Workers)
    web_port: int | None = None  # of Locust's web UI; None: no UI
    checks: Mapping[str, Check] = field(default_factory=dict)
    metrics_port: int = 0

    @property
    def generator_cores(self) -> frozenset[int]:
        """Where the load processes run, and the harness while they do."""
        return split_cores(max(1, self.workers.local)).generator

    @property
    def load_processes(self) -> int:
        """How many load processes work at once: those here as far as they have cores, and those elsewhere."""
        return max(1, min(self.workers.local, len(self.generator_cores)) + self.workers.remote)


def run_id(scenario_name: str) -> str:
    """Return a name that sorts by time and does not collide."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{scenario_name}-{secrets.token_hex(2)}"


def execute(project: Project, request: RunRequest, progress: Progress, interrupts: Interrupts) -> Run:
    """Return the record of one run; it is in the request's directory, too, whatever ends the run.

    Raises LoadstoneError when the system or the load process cannot start, and Interrupted when the user ends
    the run before there is any load: nothing was measured then.
    """
    require_fit(load_plan(project, request, []), request.load_processes, progress.step)
    with Guardian() as guardian, MetricsServer(request.metrics_port) as metrics:
        progress.step(f"live metrics: {metrics.url}")
        if request.web_port is not None:
            progress.step(f"web UI, once the users are ready: http://127.0.0.1:{request.web_port}")
        generator = Generator(guardian, request.directory.log_path, request.generator_cores, request.workers)
        with running_system(project, request.system, guardian, progress.step) as system:
            return Execution(project, request, system, generator, metrics, progress).run(interrupts)


def _step_aside(cores: frozenset[int]) -> None:
    """Let the calling thread have only the time that the generator leaves on its cores.

    It shares those, never the system's. That works because both are of one session: Linux
    schedules sessions as groups, and weighs priorities within a group only (sched(7), autogroup). Nobody but
    root can take the idle priority back, so it is a thread's, not the process's, whose children inherit it.
    """
    with suppress(OSError):  # not permitted in some sandboxes; the wake lag then tells what that cost
        os.sched_setaffinity(0, cores)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class Execution:
    """The part of a run in which things are measured: from the plan to the checks."""

    def __init__(
        self,
        project: Project,
        request: RunRequest,
        system: System,
        generator: Generator,
        metrics: MetricsServer,
        progress: Progress,
    ) -> None:
        self._project = project
        self._request = request
        self._system = system
        self._generator = generator
        self._progress = progress
        self._stopped = threading.Event()
        self._pressure = pressure()
        self._scraper = self._make_scraper()
        self._journal = request.directory.open_journal()
        header = self._header()
        self._ledger = Ledger(header)
        self._ledger_lock = threading.Lock()  # the metrics are rendered in a thread of their server's
        metrics.show(self._exposition)
        self._journal.append(header)

    def run(self, interrupts: Interrupts) -> Run:
        """Return the record; it is written whatever happens on the way.

        The first interrupt ends the load, and what was measured is still checked. Raises LoadstoneError or
        Interrupted when the load never began.
        """
        try:
            interrupts.on_first = self._generator.drain
            self._load_aside()
            interrupted = interrupts.seen
            self._settle()
            self._check()
            self._finish(interrupted=interrupted)
        except (LoadstoneError, Interrupted) as error:
            if self._ledger.started_at_s is None:
                if interrupts.seen:  # whatever it says: it was told to end
                    raise Interrupted from error
                raise
            self._note(_remark(error))
        finally:
            self._scraper.close()
            self._journal.close()
            record = self._write()
        return record

    def _load_aside(self) -> None:
        """Load, and measure meanwhile, in a thread that steps aside; this one waits for signals."""
        cores = self._request.generator_cores
        with ThreadPoolExecutor(1, "measuring", initializer=_step_aside, initargs=(cores,)) as pool:
            loading = pool.submit(self._load)
            try:
                loading.result()
            except BaseException:
                self._stopped.set()
                raise

    def _load(self) -> None:
        """Hand over the plan and take in what comes of it, until the generator has said its last word."""
        self._progress.step("users log in")
        self._generator.begin(load_plan(self._project, self._request, self._system.urls))
        next_scrape_s = float("inf")
        next_write_s = time.monotonic() + WRITE_EVERY_S
        heard_s = time.monotonic()
        while not (self._generator.is_over or self._stopped.is_set()):
            due_s = min(next_scrape_s, next_write_s) - time.monotonic()
            message = self._generator.next_message(min(due_s, 1.0))
            if message:
                heard_s = time.monotonic()
                self._note(Load(message))
                self._progress.second(self._ledger)
                if message.kind == "started":
                    next_scrape_s = message.at_s
            if time.monotonic() >= next_scrape_s:
                self._scrape()
                next_scrape_s += 1 + max(0, int(time.monotonic() - next_scrape_s))  # one missed stays missed
            if time.monotonic() >= next_write_s:
                next_write_s = self._write_in_passing()
            self._refuse_silence(time.monotonic() - heard_s)
        if not (self._ledger.final or self._stopped.is_set()):
            raise self._generator.death()

    def _write_in_passing(self) -> float:
        """Write the record and return when to do so again: the longer it takes, the more seldom."""
        begin_s = time.monotonic()
        self._write()
        now_s = time.monotonic()
        return now_s + max(WRITE_EVERY_S, WRITE_SELDOM * (now_s - begin_s))

    def _refuse_silence(self, silent_s: float) -> None:
        ready_timeout_s = WORKERS_READY_TIMEOUT_S if self._request.workers.total else USERS_READY_TIMEOUT_S
        started = self._ledger.started_at_s is not None
        if silent_s > (SILENCE_TIMEOUT_S if started else ready_timeout_s):
            raise LoadstoneError(
                f"the load process has said nothing for {silent_s:.0f} s.",
                "Is on_start waiting for something?",
            )

    def _settle(self) -> None:
        """Let the system bring its buffers home, then read its metrics for the last time."""
        if self._project.service and self._project.service.drain:
            self._progress.step("the system drains")
            for url in self._system.urls:
                self._drain(url + self._project.service.drain)
        self._scrape()

    def _drain(self, url: str) -> None:
        """Ask one process to drain; it answers with what it still holds, by name."""
        try:
            held = fetch_json(url, method="POST", timeout_s=SETTLE_TIMEOUT_S)
        except LoadstoneError as error:
            self._note(Remark(f"the system did not drain: {error}"))
            return
        left = [f"{count} {name}" for name, count in held.items() if count] if isinstance(held, dict) else []
        if left:
            self._note(Remark(f"after its drain the system still held {', '.join(left)}."))

    def _check(self) -> None:
        if not self._request.checks:
            return
        if away := self._ledger.workers_elsewhere(boot_id()):
            self._note(
                Remark(f"nothing was checked: {away[0]} ran on another machine, whose facts are not here.")
            )
            return
        self._progress.step("checking")
        results: dict[str, CheckResult] = {}
        for name, verdict in judge(self._request.checks, self._check_context()):
            if isinstance(verdict, Remark):
                self._note(verdict)
            else:
                results[name] = verdict
        self._note(Checked(results))

    def _check_context(self) -> CheckContext:
        configuration = self._ledger.header.configuration
        return CheckContext(
            events=self._request.directory.events(),
            ask=lambda path: fetch_json(self._system.urls[0] + path, timeout_s=SETTLE_TIMEOUT_S),
            settings=self._request.system.scenario.settings,
            strategies=configuration.strategies,
            environment=configuration.settings,
            measures=self._ledger.patterns(),
        )

    def _finish(self, *, interrupted: bool) -> None:
        before, after = self._pressure, pressure()
        for warning in disturbances(before, after):
            self._note(Remark(warning))
        self._note(End(interrupted=interrupted, disturbance=changes(before, after)))

    def _scrape(self) -> None:
        if not self._system_metrics_path():
            return
        try:
            self._note(Scraped(self._scraper.scrape()))
        except LoadstoneError as error:
            self._note(Remark(f"the system's metrics could not be read: {error}"))

    def _note(self, entry: Entry) -> None:
        """Append to the journal, then to the ledger: what is shown is on disk."""
        self._journal.append(entry)
        with self._ledger_lock:
            self._ledger.add(entry)

    def _exposition(self) -> bytes:
        with self._ledger_lock:
            return exposition(self._ledger)

    def _write(self) -> Run:
        """Return the record of what is known by now, written where there is any load to speak of."""
        record = self._ledger.run()
        if self._ledger.started_at_s is not None:
            self._request.directory.write_run(record)
        return record

    def _make_scraper(self) -> Scraper:
        urls = [url + self._system_metrics_path() for url in self._system.urls]
        return Scraper(urls, metric_names(self._project.measures.values()))

    def _system_metrics_path(self) -> str:
        return self._project.service.metrics if self._project.service else ""

    def _header(self) -> Header:
        scenario = self._request.system.scenario
        return Header(
            id=self._request.id,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self._request.command,
            scenario=self._request.scenario_name,
            seed=self._request.system.seed,
            workload=scenario.workload,
            users=scenario.users,
            arrivals=scenario.arrivals,
            rate=scenario.rate,
            duration_s=scenario.duration_s,
            warm_up_s=scenario.warm_up_s,
            drain_s=scenario.drain_s,
            configuration=self._configuration(),
            environment={
                **machine_facts(),
                **revision_facts(self._project.directory),
                **self._system.facts,
            },
            measures=self._project.measures,
            notes={name: family.note for name, family in self._project.families.items() if family.note},
        )

    def _configuration(self) -> Configuration:
        """What the system itself says it runs; what was asked of it where it does not say."""
        plan = self._request.system
        path = self._project.service.configuration if self._project.service else ""
        if path:
            with suppress(LoadstoneError, AttributeError, KeyError, TypeError):  # another service may answer
                answer = fetch_json(self._system.urls[0] + path)
                return Configuration(answer["strategies"], {k: str(v) for k, v in answer["settings"].items()})
        return Configuration() if plan.host else Configuration(plan.strategies, plan.scenario.environment)


def load_plan(project: Project, request: RunRequest, hosts: Sequence[str]) -> LoadPlan:
    """Return what the load processes shall do to the hosts."""
    scenario = request.system.scenario
    return LoadPlan(
        locustfile=str(project.directory / scenario.locustfile),
        hosts=list(hosts),
        arrivals=scenario.arrivals,
        rate=scenario.rate,
        duration_s=scenario.duration_s,
        warm_up_s=scenario.warm_up_s,
        drain_s=scenario.drain_s,
        max_in_flight=scenario.max_in_flight,
        workload=scenario.workload,
        users=scenario.users,
        tags=scenario.tags,
        exclude_tags=scenario.exclude_tags,
        web_port=request.web_port,
        seed=request.system.seed,
        # Below the end of the drain, so that a request that hangs is a sample, not merely unfinished.
        request_timeout_s=min(REQUEST_TIMEOUT_S, 0.9 * scenario.drain_s or REQUEST_TIMEOUT_S),
        events_path=str(request.directory.events_path) if request.checks else "",
        settings=scenario.settings,
    )


def _remark(error: LoadstoneError | Interrupted) -> Remark:
    if isinstance(error, Interrupted):
        return Remark("the run was stopped before its end.")
    return Remark(str(error), invalidates=True)
