"""What the users are to do: one object for the open and one for the closed workload, with the same verbs."""

import time
from typing import Any, Protocol

import gevent
from gevent.event import Event
from locust import User

from loadstone.arrivals import parse_arrivals, share
from loadstone.load.gate import Gate
from loadstone.load.line import Line
from loadstone.load.recorder import Recorder
from loadstone.load.schedule import Schedule
from loadstone.load.timer import best_timer
from loadstone.load.user import closed_class, open_class
from loadstone.records.load import LoadPlan

POLL_S = 0.005
CUT_OFF_MARGIN_S = 1.0  # so that it is the drain, not Locust, that ends what is under way


class Workload(Protocol):
    """One worker's share of a plan. `classes` are the locustfile's, made ready for it; `users` is how many of
    them the worker should have.
    """

    classes: list[type[User]]
    users: int

    @property
    def waiting(self) -> int:
        """How many users are ready for the plan to begin."""

    @property
    def unserved(self) -> list[str]:
        """Names of classes that have arrivals but no user."""

    @property
    def in_flight(self) -> int:
        """How many arrivals are under way; in a closed workload, how many users are."""

    def play(self, plan_start_s: float) -> None:
        """Return when all is planned that is to be planned, or after `stop`."""

    def stop(self) -> None:
        """Plan no more."""

    def drain(self) -> None:
        """Return when nothing is under way any more, or when the drain is over."""

    def unfinished(self) -> tuple[dict[str, int], list[float]]:
        """Return what is under way: how much by class, and the seconds since each was due, if it was."""

    def end(self) -> None:
        """End the users, running their `on_stop`; a task still under way is cut off."""


class OpenWorkload:
    """Users wait in the line of their class until an arrival is due that draws it."""

    def __init__(
        self,
        plan: LoadPlan,
        classes: list[type[User]],
        recorder: Recorder,
        runner: Any,
        index: int = 0,
        workers: int = 1,
    ) -> None:
        arrivals = parse_arrivals(
            plan.arrivals, plan.rate, plan.seed, warm_up_s=plan.warm_up_s, duration_s=plan.duration_s
        )
        for warning in arrivals.warnings:
            recorder.warnings.add(warning)
        self.users = plan.max_in_flight
        self._lines = [Line(user_class.__name__, user_class.weight or 1) for user_class in classes]
        self.classes = [
            open_class(user_class, line, recorder, plan)
            for user_class, line in zip(classes, self._lines, strict=True)
        ]
        self._plan = plan
        self._recorder = recorder
        self._runner = runner
        self._starts_s = share(arrivals.starts_s(plan.warm_up_s + plan.duration_s), index, workers)
        self._playing: gevent.Greenlet | None = None

    @property
    def waiting(self) -> int:
        """How many users wait for an arrival."""
        return sum(line.idle for line in self._lines)

    @property
    def unserved(self) -> list[str]:
        """Names of classes without a user."""
        return [line.name for line in self._lines if not line.idle]

    @property
    def in_flight(self) -> int:
        """How many arrivals are under way."""
        return sum(len(line.in_flight) for line in self._lines)

    def play(self, plan_start_s: float) -> None:
        """Send the arrivals of this share when they are due."""
        timer = best_timer()
        if not timer.precise:
            self._recorder.warnings.add("this system has no timerfd: arrivals wake about a millisecond late.")
        schedule = Schedule(self._lines, self._recorder, timer, self._plan.seed)
        self._playing = gevent.spawn(schedule.play, self._starts_s, plan_start_s)
        self._playing.get()
        timer.close()

    def stop(self) -> None:
        """Send no further arrival."""
        if self._playing is not None:
            self._playing.kill(block=False)

    def drain(self) -> None:
        """Wait for the arrivals under way."""
        deadline_s = time.monotonic() + self._plan.drain_s
        while self.in_flight and time.monotonic() < deadline_s:
            gevent.sleep(POLL_S)

    def unfinished(self) -> tuple[dict[str, int], list[float]]:
        """Return the arrivals under way: how many by class, and their ages."""
        now_s = time.monotonic()
        counts = {line.name: len(line.in_flight) for line in self._lines if line.in_flight}
        return counts, sorted(
            now_s - arrival.intended_s for line in self._lines for arrival in line.in_flight
        )

    def end(self) -> None:
        """End the users."""
        self._runner.end()


class ClosedWorkload:
    """Users do what they do in Locust, from the start of the plan to its end."""

    def __init__(self, plan: LoadPlan, classes: list[type[User]], recorder: Recorder, runner: Any) -> None:
        self.users = plan.users
        self._gate = Gate()
        self.classes = [closed_class(user_class, self._gate, recorder, plan) for user_class in classes]
        self._plan = plan
        self._runner = runner
        self._stopped = Event()
        self._ending: gevent.Greenlet | None = None

    @property
    def waiting(self) -> int:
        """How many users wait for the plan to begin."""
        return self._gate.waiting

    @property
    def unserved(self) -> list[str]:
        """None: there are no arrivals."""
        return []

    @property
    def in_flight(self) -> int:
        """How many users are past the gate."""
        return int(self._runner.user_count) - self._gate.waiting

    def play(self, plan_start_s: float) -> None:
        """Let the users go at the start of the plan, and wait for its end."""
        gevent.sleep(max(0.0, plan_start_s - time.monotonic()))
        self._gate.open()
        self._stopped.wait(self._plan.warm_up_s + self._plan.duration_s)

    def stop(self) -> None:
        """Let the plan end now."""
        self._stopped.set()

    def drain(self) -> None:
        """Stop the users as Locust does with --stop-timeout: each may finish its task."""
        self._runner.environment.stop_timeout = self._plan.drain_s + CUT_OFF_MARGIN_S
        self._ending = gevent.spawn(self._runner.end)
        self._ending.join(self._plan.drain_s)

    def unfinished(self) -> tuple[dict[str, int], list[float]]:
        """Return how many users of each class are still in a task; they were never due."""
        counts: dict[str, int] = self._runner.user_classes_count
        return {name: count for name, count in counts.items() if count}, []

    def end(self) -> None:
        """Cut off the users that have not ended by themselves."""
        self._runner.user_greenlets.kill()
        if self._ending is not None:
            self._ending.join()
