"""One run of the load: spawn, play the plan, drain, report."""

import gc
import signal
import time
from typing import Any

import gevent
import locust.log
from gevent.event import Event

from loadstone.arrivals import parse_arrivals, share
from loadstone.load.arrival import seed_outside
from loadstone.load.clients import forbid_hidden_retries
from loadstone.load.facts import close_facts, flush_facts, open_facts, use_settings
from loadstone.load.locustfile import load_user_classes
from loadstone.load.pool import Pool, quiet_locust
from loadstone.load.recorder import Recorder
from loadstone.load.schedule import Schedule
from loadstone.load.stream import MessageStream
from loadstone.load.timer import best_timer
from loadstone.records.load import LoadPlan

LEAD_S = 0.05  # from the announcement to second 0, so that the first arrival is not late
DRAIN_POLL_S = 0.005


class Engine:
    """Runs one worker's share of the plan and streams what happens, a message a second.

    Raises LoadstoneError when the plan, the locustfile or its users cannot be used.
    """

    def __init__(self, plan: LoadPlan, stream: MessageStream, worker: int = 0, workers: int = 1) -> None:
        arrivals = parse_arrivals(
            plan.arrivals, plan.rate, plan.seed, warm_up_s=plan.warm_up_s, duration_s=plan.duration_s
        )
        self._plan = plan
        self._stream = stream
        self._starts_s = share(arrivals.starts_s(plan.warm_up_s + plan.duration_s), worker, workers)
        self._recorder = Recorder()
        self._pool = _prepare_pool(plan, self._recorder)
        self._playing: gevent.Greenlet | None = None
        self._planned_s = plan.warm_up_s + plan.duration_s
        self._stopped = False
        self._ended = Event()

    def run(self) -> None:
        """Run to the end of the drain and send the last message; SIGINT or SIGTERM ends planning early."""
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, self.stop)
        self._pool.spawn()
        _settle_memory()
        self._announce()
        reporting = gevent.spawn(self._report_progress)
        self._play()
        self._drain()
        self._ended.set()
        reporting.join()
        self._finish()

    def stop(self) -> None:
        """Plan no further arrivals; those under way are drained as usual."""
        self._stopped = True
        if self._playing is not None and not self._playing.ready():
            self._planned_s = time.monotonic() - self._recorder.plan_start_s
            self._playing.kill(block=False)

    def _announce(self) -> None:
        plan_start_s = time.monotonic() + LEAD_S
        self._recorder.plan_start_s = plan_start_s
        self._stream.send("started", plan_start_s)

    def _play(self) -> None:
        if self._stopped:
            return
        timer = best_timer()
        if not timer.precise:
            self._recorder.warnings.add("this system has no timerfd: arrivals wake about a millisecond late.")
        schedule = Schedule(self._pool.lines, self._recorder, timer, self._plan.seed)
        self._playing = gevent.spawn(schedule.play, self._starts_s, self._recorder.plan_start_s)
        self._playing.get()
        timer.close()

    def _drain(self) -> None:
        deadline_s = time.monotonic() + self._plan.drain_s
        while self._pool.in_flight and time.monotonic() < deadline_s:
            gevent.sleep(DRAIN_POLL_S)

    def _report_progress(self) -> None:
        due_s = self._recorder.plan_start_s + 1
        while not self._ended.wait(max(due_s - time.monotonic(), 0)):
            self._send("progress")
            due_s += 1

    def _finish(self) -> None:
        """Send what only the end knows. What is answered from here on was reported as unfinished."""
        self._recorder.close()
        unfinished = {line.name: len(line.in_flight) for line in self._pool.lines if line.in_flight}
        now_s = time.monotonic()
        ages_s = [now_s - arrival.intended_s for line in self._pool.lines for arrival in line.in_flight]
        if ended := self._plan.max_in_flight - self._pool.users:
            self._recorder.warnings.add(
                f"{ended} of {self._plan.max_in_flight} users ended before the run did."
            )
        self._pool.stop()
        if locust.log.unhandled_greenlet_exception:
            self._recorder.errors.add(
                "an event listener of the locustfile, or a greenlet, failed; see the log."
            )
        self._send(
            "final",
            planned_s=self._planned_s,
            unfinished=unfinished,
            unfinished_ages_s=sorted(ages_s),
        )
        close_facts()

    def _send(self, kind: str, **content: Any) -> None:
        if lost := flush_facts():
            self._recorder.errors.add(f"{lost} facts could not be written.")
        self._stream.send(
            kind,
            time.monotonic(),
            rows=self._recorder.take_rows(),
            session_endpoints=self._recorder.take_session_endpoints(),
            in_flight=self._pool.in_flight,
            recorder_errors=self._recorder.errors.take(),
            warnings=self._recorder.warnings.take(),
            **content,
        )


def _prepare_pool(plan: LoadPlan, recorder: Recorder) -> Pool:
    """Load the locustfile into a process that is ready for it: it may read settings while it is imported."""
    use_settings(plan.settings)
    seed_outside(plan.seed)
    if plan.events_path:
        open_facts(plan.events_path)
    quiet_locust()
    forbid_hidden_retries()
    return Pool(plan, load_user_classes(plan.locustfile, plan.user_classes), recorder)


def _settle_memory() -> None:
    """Take what set-up made out of the collector's sight: collections then pause the arrivals less."""
    gc.collect()
    gc.freeze()
