"""Ordinary Locust user classes in a measurement: open users wait for arrivals, closed ones for the start."""

from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from itertools import cycle
from typing import TYPE_CHECKING, Any

from gevent import Greenlet, GreenletExit
from locust import User
from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
)

from loadstone.load.arrival import TASK_DRAW, Arrival, current_arrival
from loadstone.load.clients import client_attributes, set_default_timeout
from loadstone.load.gate import Gate
from loadstone.load.line import Line
from loadstone.load.listener import ARRIVAL
from loadstone.load.recorder import Recorder
from loadstone.load.task_set import FAILURES, RootTaskSet, is_task_set, report_user_error, visit
from loadstone.records.load import LoadPlan

# How a task may say that it has ended. The user stays in the pool; its next arrival begins anew.
_TASK_ENDS = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser)

# These classes are mixed in before a locustfile's own, which is a User and stays untouched.
if TYPE_CHECKING:
    _UserBase = User
else:
    _UserBase = object


class MeasuredUser(_UserBase):
    """What open and closed users share: hosts in turn, and requests that do not wait for ever."""

    request_timeout_s: float
    hosts: Iterator[str] | None  # where there are several

    def __init__(self, environment: Environment) -> None:
        if self.hosts:
            self.host = next(self.hosts)
        super().__init__(environment)
        set_default_timeout(self, self.request_timeout_s)


class ClosedUser(MeasuredUser):
    """A user that is ready before the plan begins, and from then on does what it does in Locust."""

    gate: Gate

    def on_start(self) -> None:
        """Run the class's own `on_start`, then wait at the gate, where the user may be killed."""
        super().on_start()
        self._state = LOCUST_STATE_WAITING
        self.gate.wait()
        self._state = LOCUST_STATE_RUNNING


class OpenUser(MeasuredUser):
    """A user whose tasks run when arrivals are due, not when the last answer came."""

    line: Line
    recorder: Recorder
    arrival: Arrival | None = None
    _root: RootTaskSet | None = None
    _draws = 0  # taken from the current arrival

    def context(self) -> dict[str, Any]:
        """Return the class's own context with the current arrival: Locust hands it to every request event.

        A greenlet knows the one that it was spawned for, which may be over by now; a thread takes the user's.
        """
        return {**super().context(), ARRIVAL: current_arrival.get(self.arrival)}

    def run(self) -> None:  # type: ignore[misc]  # final, for locustfiles
        """Do what Locust's `run` does, but serve arrivals where that has a root TaskSet's endless loop.

        Measured, that loop costs more than everything an arrival needs; it also runs the first task at once.
        """
        current_arrival.set(None)  # also for the greenlets that `on_start` spawns
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = DefaultTaskSet(self)  # `self.wait()` in a task goes through it
        try:
            self._start()
            while True:
                self._perform(self._next_arrival())
        except (GreenletExit, StopUser, StopTest):
            if self._root:
                self._root.leave()
            self.on_stop()  # type: ignore[no-untyped-call]

    def _start(self) -> None:
        """Log in, as the locustfile calls it, before the first arrival."""
        try:
            self.on_start()
        except (StopUser, StopTest):
            raise
        except FAILURES as error:
            report_user_error(self, error)
            raise
        self._root = RootTaskSet.of(self)
        if self._root:
            self._root.enter_early()

    def _next_arrival(self) -> Arrival:
        """Wait for an arrival. A user that waits may be killed; one that shall stop takes no more."""
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        self._state = LOCUST_STATE_WAITING
        arrival = self.line.take()
        self._state = LOCUST_STATE_RUNNING
        return arrival

    def _perform(self, arrival: Arrival) -> None:
        """Run the arrival's task until it ends, however it does. What is cut off after the drain was told."""
        self.arrival = arrival
        self._draws = 0
        current_arrival.set(arrival)
        self.recorder.taken(arrival)
        try:
            self._run_task()
        except _TASK_ENDS:
            pass
        except (StopTest, SystemExit):
            self.environment.runner.quit()
        except FAILURES as error:
            with suppress(*_TASK_ENDS):  # a listener may raise these on purpose
                report_user_error(self, error)
        finally:
            current_arrival.set(None)
            self.arrival = None
            self.line.finish(arrival)
            self.recorder.completed(arrival)

    def _run_task(self) -> None:
        if self._root:
            self._root.pass_through(self._draw)
            return
        tasks: list[Any] = self.tasks
        # Locust repeats a task by its weight.
        task = tasks[0] if len(tasks) == 1 else tasks[int(self._draw() * len(tasks))]
        if is_task_set(task):
            visit(task(self), self._draw)
        else:
            task(self)

    def _draw(self) -> float:
        """Return the arrival's next draw, so that equal seeds run equal tasks."""
        assert self.arrival
        self._draws += 1
        return self.arrival.draw(TASK_DRAW - 1 + self._draws)


def let_greenlets_inherit() -> None:
    """Give each greenlet a copy of the context of the one that spawns it; gevent gives it an empty one.

    So what a task spawns knows its arrival, also when it outlives it: the user serves another one by then.
    """
    Greenlet.add_spawn_callback(_inherit)


def _inherit(spawned: Greenlet) -> None:
    spawned.gr_context = copy_context()


def open_class(user_class: type[User], line: Line, recorder: Recorder, plan: LoadPlan) -> type[User]:
    """Return the class as an open one of the same name; its users wait in `line` once `on_start` is done."""
    return _mix(OpenUser, user_class, recorder, plan, {"line": line, "recorder": recorder})


def closed_class(user_class: type[User], gate: Gate, recorder: Recorder, plan: LoadPlan) -> type[User]:
    """Return the class as a closed one of the same name; its users wait at `gate` once `on_start` is done."""
    return _mix(ClosedUser, user_class, recorder, plan, {"gate": gate})


def _mix(
    mixin: type, user_class: type[User], recorder: Recorder, plan: LoadPlan, attributes: dict[str, Any]
) -> type[User]:
    attributes |= {
        "__module__": user_class.__module__,
        "__qualname__": user_class.__qualname__,
        "request_timeout_s": plan.request_timeout_s,
        "hosts": cycle(plan.hosts) if len(plan.hosts) > 1 else None,
        **client_attributes(user_class, plan.request_timeout_s, recorder),
    }
    make_class: Any = type(user_class)  # Locust's metaclass gathers the tasks
    mixed: type[User] = make_class(user_class.__name__, (mixin, user_class), attributes)
    return mixed
