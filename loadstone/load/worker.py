"""One of several processes that play a plan together, on this machine or another."""

import os
import sys
from typing import Any, TypeVar

import gevent
import msgspec
from gevent.event import AsyncResult, Event
from locust.stats import RequestStats

from loadstone.errors import LoadstoneError
from loadstone.load.clock import ClockOffset, measure_offset
from loadstone.load.digests import refuse_other_files
from loadstone.load.engine import Engine
from loadstone.load.identity import boot_id, process_name
from loadstone.load.interrupt import on_interrupt
from loadstone.load.pool import equip, leave, make_environment
from loadstone.load.protocol import (
    TO_WORKER,
    Assignment,
    Dismissal,
    Hello,
    Inbox,
    News,
    Ping,
    Pong,
    Prepared,
    Ready,
    Refusal,
    Silence,
    Start,
    Stop,
    StopRequest,
    tell,
)
from loadstone.load.runners import WorkerPlayer
from loadstone.load.stream import EXIT_BROKEN_STREAM, MessageStream
from loadstone.records.load import LoadMessage, LoadPlan

MASTER_SILENCE_LIMIT_S = 10  # Locust's master answers a heartbeat every second
FAREWELL_LIMIT_S = 40.0  # how long after its last message a worker waits to be dismissed
PONG_LIMIT_S = 5.0

Kind = TypeVar("Kind", bound=msgspec.Struct)


class Worker:
    """Joins the master at an address, plays the share that it is given, and ends with the run.

    `locustfile` is where this machine has it; empty where the plan says. Raises LoadstoneError when there is
    no master, or the share cannot be played. When the master falls silent the process ends at once.
    """

    def __init__(self, host: str, port: int, locustfile: str = "") -> None:
        self._locustfile = locustfile
        self._interrupted = False
        on_interrupt(self._interrupt)
        self._environment = make_environment()
        self._started: AsyncResult[float] = AsyncResult()
        self._over = Event()
        self._done = False
        self._runner = self._join(host, port)
        self._inbox = Inbox(self._runner, TO_WORKER)

    def run(self) -> None:
        """Play until the master says that the run is over."""
        gevent.spawn(self._watch_master)
        tell(self._runner, Hello(process_name(), boot_id()))
        assignment = self._expect(Assignment)
        try:
            self._play(assignment)
        except LoadstoneError as error:
            tell(self._runner, Refusal(str(error)))
            self._part()
            raise
        self._part()

    def _part(self) -> None:
        """Wait to be dismissed: until then the master may not have read the last message."""
        self._done = True
        self._over.wait(FAREWELL_LIMIT_S)
        leave(self._environment)

    def _join(self, host: str, port: int) -> WorkerPlayer:
        self._environment.stats = RequestStats(use_response_times_cache=False)  # the master keeps one
        try:
            runner = WorkerPlayer(self._environment, host, port, self._quit)
        except ConnectionError as error:
            raise LoadstoneError(
                f"there is no master at {host}:{port}.", "Start `loadstone run --expect-workers N` there."
            ) from error
        runner.end_plan = self._ask_for_the_end
        self._environment.runner = runner
        return runner

    def _play(self, assignment: Assignment) -> None:
        clock = self._compare_clocks(assignment)
        plan = self._own_plan(assignment)
        stream = MessageStream(self._send, assignment.index, clock.offset_s)
        engine = Engine(plan, self._environment, stream, assignment.index, assignment.workers)
        equip(self._environment, plan)
        gevent.spawn(self._obey, engine)
        tell(self._runner, Prepared())
        engine.get_ready()
        if not clock.tolerable:
            engine.warn(
                f"the clock of {process_name()} is known to {clock.uncertainty_s * 1e3:.0f} ms only: its"
                " arrivals come early or late by as much."
            )
        tell(self._runner, Ready())
        engine.play(self._started.get() - clock.offset_s)

    def _compare_clocks(self, assignment: Assignment) -> ClockOffset:
        return ClockOffset() if assignment.boot_id == boot_id() else measure_offset(self._ping)

    def _ping(self) -> float:
        tell(self._runner, Ping())
        return self._expect(Pong, PONG_LIMIT_S).at_s

    def _own_plan(self, assignment: Assignment) -> LoadPlan:
        """Return the plan with this machine's files. Facts are for the master's machine, which reads them."""
        plan = msgspec.json.decode(assignment.plan, type=LoadPlan)
        locustfile = self._locustfile or plan.locustfile
        refuse_other_files(plan, assignment.digests, locustfile)
        facts = plan.events_path if assignment.boot_id == boot_id() else ""
        return msgspec.structs.replace(plan, locustfile=locustfile, events_path=facts)

    def _send(self, message: LoadMessage, line: bytes) -> None:
        tell(self._runner, News(message.kind, message.sequence, line))

    def _expect(self, kind: type[Kind], timeout_s: float | None = None) -> Kind:
        try:
            _, message = self._inbox.take(timeout_s)
        except Silence:
            raise LoadstoneError("the master does not answer.", "Is the network in order?") from None
        if isinstance(message, Dismissal):
            raise LoadstoneError(message.reason or "the master ended the run.")
        assert isinstance(message, kind)
        return message

    def _obey(self, engine: Engine) -> None:
        while True:
            match self._inbox.take()[1]:
                case Start(plan_start_s):
                    self._started.set(plan_start_s)
                case Stop():
                    engine.stop()
                case Dismissal() if not self._done:
                    _leave("the master ended the run.")

    def _quit(self) -> None:
        """Take Locust's word for a dismissal."""
        self._over.set()
        self._inbox.put("", Dismissal())

    def _ask_for_the_end(self) -> None:
        tell(self._runner, StopRequest())

    def _interrupt(self) -> None:
        """Ask the master to end the run for all; at the second signal, or before there is one, leave."""
        if self._interrupted or self._environment.runner is None:
            _leave("interrupted.")
        self._interrupted = True
        self._ask_for_the_end()

    def _watch_master(self) -> None:
        """End the process when the master has been silent too long, in seconds that this process saw pass."""
        heard = Event()
        events: Any = self._environment.events
        events.heartbeat_received.add_listener(lambda **_: heard.set())
        silent_s = 0
        while silent_s < MASTER_SILENCE_LIMIT_S:
            gevent.sleep(1)
            silent_s = 0 if heard.is_set() else silent_s + 1
            heard.clear()
        _leave(f"the master has been silent for {silent_s} s.")


def _leave(reason: str) -> None:
    """End at once: a load without a harness serves no one."""
    print(reason, file=sys.stderr, flush=True)
    os._exit(EXIT_BROKEN_STREAM)
