"""One process's run of the load: get ready, play its share of the plan, drain, report."""

import gc
import time
from collections.abc import Callable
from typing import Any

import gevent
import locust.log
import msgspec
from gevent.event import Event
from locust import User
from locust.env import Environment

from loadstone.load.arrival import seed_outside
from loadstone.load.canary import Canary
from loadstone.load.clients import forbid_hidden_retries
from loadstone.load.descriptors import make_room
from loadstone.load.facts import close_facts, flush_facts, open_facts, use_settings
from loadstone.load.identity import boot_id, process_name
from loadstone.load.locustfile import load_user_classes
from loadstone.load.pool import Pool, quiet_locust
from loadstone.load.recorder import Recorder
from loadstone.load.statistics import take_over_statistics
from loadstone.load.stream import MessageStream
from loadstone.load.user import let_greenlets_inherit
from loadstone.load.workload import ClosedWorkload, OpenWorkload, Workload
from loadstone.records.load import LoadPlan, Row, encode_message

LISTENER_FAILED = "an event listener of the locustfile, or a greenlet, failed; see the log."


class Engine:
    """Plays one worker's share of the plan and streams what happens, a message a second.

    `plan` has the numbers of this worker: its users, its in-flight bound, its file for facts. Raises
    LoadstoneError when the plan, the locustfile or its users cannot be used.
    """

    def __init__(
        self,
        plan: LoadPlan,
        environment: Environment,
        stream: MessageStream,
        index: int = 0,
        workers: int = 1,
    ) -> None:
        self._plan = plan
        self._stream = stream
        self._recorder = Recorder(closed=plan.workload == "closed")
        classes = prepare_process(plan, self.warn, index)
        self._workload = _workload(plan, classes, self._recorder, environment, index, workers)
        self._pool = Pool(environment, self._workload, self._recorder)
        self._statistics = take_over_statistics(environment, self._recorder)
        self._planned_s = plan.warm_up_s + plan.duration_s
        self._stopped = False
        self._ended = Event()

    def get_ready(self) -> None:
        """Start the users, and return when all of them wait for the plan to begin.

        Raises LoadstoneError when they cannot be made, are not ready in time, or `stop` is called meanwhile.
        """
        make_room(connections=2 * self._workload.users)  # a redirect or a second server takes one more
        self._pool.spawn()
        _settle_memory()

    def warn(self, sentence: str) -> None:
        """Let the next message carry a warning."""
        self._recorder.warnings.add(sentence)

    def play(self, plan_start_s: float) -> None:
        """Run from `plan_start_s` to the end of the drain, and send the last message."""
        self._announce(plan_start_s)
        reporting = gevent.spawn(self._report_progress)
        canary = gevent.spawn(Canary(self._recorder).run)
        if not self._stopped:
            self._workload.play(plan_start_s)
        self._pool.note_lost()
        self._workload.drain()
        canary.kill()
        end = self._close()
        self._pool.stop()
        self._ended.set()
        reporting.join()
        self._send("final", planned_s=self._planned_s, **end)
        close_facts()

    def stop(self) -> None:
        """Plan nothing further; what is under way is drained as usual."""
        self._planned_s = min(self._planned_s, max(0.0, time.monotonic() - self._recorder.plan_start_s))
        self._stopped = True
        self._pool.abandon()
        self._workload.stop()

    def _announce(self, plan_start_s: float) -> None:
        self._recorder.plan_start_s = plan_start_s
        self._stream.send("started", plan_start_s, name=process_name(), boot_id=boot_id())

    def _report_progress(self) -> None:
        due_s = self._recorder.plan_start_s + 1
        while not self._ended.wait(max(due_s - time.monotonic(), 0)):
            self._send("progress")
            due_s += 1

    def _close(self) -> dict[str, Any]:
        """Return what only the end knows. What is answered from here on is unfinished."""
        self._recorder.close()
        unfinished, ages_s = self._workload.unfinished()
        return {"unfinished": unfinished, "unfinished_ages_s": ages_s}

    def _send(self, kind: str, **content: Any) -> None:
        if lost := flush_facts():
            self._recorder.errors.add(f"{lost} facts could not be written.")
        if locust.log.unhandled_greenlet_exception:
            self._recorder.errors.add(LISTENER_FAILED)
            locust.log.unhandled_greenlet_exception = False
        rows, session_endpoints = self._recorder.take_rows(), self._recorder.take_session_endpoints()
        self._statistics.feed([], session_endpoints)
        for row in rows:
            self._digest(row)
        self._stream.send(
            kind,
            time.monotonic(),
            rows=rows,
            session_endpoints=session_endpoints,
            in_flight=self._workload.in_flight,
            recorder_errors=self._recorder.errors.take(),
            warnings=self._recorder.warnings.take(),
            **content,
        )

    def _digest(self, row: Row) -> None:
        """Feed and encode a row by endpoints, each in a turn of its own.

        All together take 7 ms (25,000 requests a second of 20 endpoints), for which arrivals would wait.
        """
        for name, state in row.endpoints.items():
            self._statistics.feed([Row(row.second, endpoints={name: state})])
            encoded: Any = msgspec.Raw(encode_message(state))
            row.endpoints[name] = encoded
            gevent.sleep(0)


def prepare_process(plan: LoadPlan, warn: Callable[[str], None], index: int = 0) -> list[type[User]]:
    """Return the locustfile's classes that Locust would spawn users of, once the process is ready for them: a
    locustfile may read settings while it is imported. Raises LoadstoneError when it cannot be loaded.
    """
    use_settings(plan.settings)
    seed_outside(plan.seed + index)
    let_greenlets_inherit()
    if plan.events_path:
        open_facts(plan.events_path)
    quiet_locust()
    forbid_hidden_retries()
    classes = load_user_classes(plan.locustfile, plan.user_classes, plan.tags, plan.exclude_tags, warn)
    return [user_class for user_class in classes if user_class.weight > 0 or user_class.fixed_count > 0]


def _workload(
    plan: LoadPlan,
    classes: list[type[User]],
    recorder: Recorder,
    environment: Environment,
    index: int,
    workers: int,
) -> Workload:
    if plan.workload == "closed":
        return ClosedWorkload(plan, classes, recorder, environment.runner)
    return OpenWorkload(plan, classes, recorder, environment.runner, index, workers)


def _settle_memory() -> None:
    """Take what set-up made out of the collector's sight: collections then pause the arrivals less."""
    gc.collect()
    gc.freeze()
