"""An ordinary Locust user class whose tasks run when arrivals are due, not when the last answer came."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from locust import TaskSet, User
from locust.env import Environment
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser

from loadstone.load.arrival import Arrival, current_arrival
from loadstone.load.clients import fast_timeouts, set_default_timeout
from loadstone.load.line import Line
from loadstone.load.listener import ARRIVAL
from loadstone.load.recorder import Recorder
from loadstone.records.load import LoadPlan

# How a task may say that it has ended. The user stays in the pool; its next arrival begins anew.
_TASK_ENDS = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser)


class OpenUser:
    """Mixed in before a locustfile's user class by `open_class`; the class itself stays untouched."""

    line: Line
    recorder: Recorder
    request_timeout_s: float
    hosts: Iterator[str] | None  # in turn, where there are several
    arrival: Arrival | None = None

    def __init__(self, environment: Environment) -> None:
        if self.hosts:
            self.host = next(self.hosts)
        super().__init__(environment)  # type: ignore[call-arg]  # the next class is a User
        self.tasks = [ArrivalTasks]
        assert isinstance(self, User)
        set_default_timeout(self, self.request_timeout_s)

    def context(self) -> dict[str, Any]:
        """Return the class's own context with the current arrival: Locust hands it to every request event."""
        own: dict[str, Any] = super().context()  # type: ignore[misc]  # the next class is a User
        return {**own, ARRIVAL: self.arrival}


class ArrivalTasks(TaskSet):
    """The root of an open user: waits for an arrival, runs the task that the arrival draws, and waits again.

    A nested TaskSet is a closed session within one arrival; it ends with `interrupt()`.
    """

    user: Any

    def on_start(self) -> None:
        """Wait for the first arrival; Locust would run a first task at once."""
        self.wait()  # type: ignore[no-untyped-call]

    def wait_time(self) -> float:
        """Wait for the next arrival; it is called while the user counts as waiting and may be stopped."""
        user = self.user
        user.arrival = user.line.take()
        return 0

    def _sleep(self, seconds: float) -> None:
        """Begin at once: the waiting was done in `wait_time`, and Locust's own sleep(0) would cost a turn."""

    def get_next_task(self) -> Any:
        """Return the task on which the arrival's first draw falls; Locust repeats a task by its weight."""
        tasks = type(self.user).tasks
        return tasks[int(self.user.arrival.random.random() * len(tasks))]

    def execute_task(self, task: Any) -> None:
        """Run the task to its end, as the current arrival's. Killed after the drain, it has not completed."""
        user, arrival = self.user, self.user.arrival
        user.recorder.taken(arrival)
        token = current_arrival.set(arrival)
        try:
            _run(task, user)
        except _TASK_ENDS:
            self._end(arrival)
        except Exception:
            self._end(arrival)
            raise  # Locust fires user_error and logs it
        else:
            self._end(arrival)
        finally:
            current_arrival.reset(token)

    def _end(self, arrival: Arrival) -> None:
        self.user.arrival = None
        self.user.line.finish(arrival)
        self.user.recorder.completed(arrival)


def _run(task: Any, user: User) -> None:
    if isinstance(task, type) and issubclass(task, TaskSet):
        session: Any = task(user)
        session.run()
    else:
        task(user)


def open_class(user_class: type[User], line: Line, recorder: Recorder, plan: LoadPlan) -> type[User]:
    """Return the class as an open one of the same name; its users wait in `line` once `on_start` is done."""
    attributes = {
        "__module__": user_class.__module__,
        "__qualname__": user_class.__qualname__,
        "line": line,
        "recorder": recorder,
        "request_timeout_s": plan.request_timeout_s,
        "hosts": cycle(plan.hosts) if len(plan.hosts) > 1 else None,
        **fast_timeouts(user_class, plan.request_timeout_s),
    }
    make_class: Any = type(user_class)  # Locust's metaclass gathers the tasks
    opened: type[User] = make_class(user_class.__name__, (OpenUser, user_class), attributes)
    return opened
