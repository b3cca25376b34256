"""What one arrival does in a TaskSet: a pass through it, where Locust's own users would stay for ever."""

import logging
import traceback
from collections.abc import Callable
from typing import Any, Self, TypeGuard

import gevent
from locust import SequentialTaskSet, TaskSet, User
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

SCHEDULED_LIMIT = 100  # tasks that the tasks of one pass may put into the queue with `schedule_task`

FAILURES = (Exception, gevent.Timeout)  # what a task raises when it fails: gevent's Timeout is no Exception

Draw = Callable[[], float]  # the next uniform number from [0, 1)

_logger = logging.getLogger("locust.user.task")  # where Locust itself writes what tasks raise


def is_task_set(task: Any) -> TypeGuard[type[TaskSet]]:
    """Return whether a task is a TaskSet class rather than a function."""
    return isinstance(task, type) and issubclass(task, TaskSet)


def visit(task_set: TaskSet, draw: Draw) -> None:
    """Enter a TaskSet, make one pass and leave it, with its `on_start` and `on_stop`.

    Raises RescheduleTask or RescheduleTaskImmediately when it interrupted itself, as Locust's `run` does.
    """
    try:
        task_set.on_start()
        try:
            make_pass(task_set, draw)
        finally:
            leave(task_set)
    except InterruptTaskSet as interrupt:
        again = RescheduleTaskImmediately if interrupt.reschedule else RescheduleTask
        raise again(interrupt.reschedule) from interrupt


def make_pass(task_set: TaskSet, draw: Draw) -> None:
    """Run every task of a SequentialTaskSet once, one task of any other, and what these schedule.

    Between two tasks it waits as Locust would: that is think time within an arrival. Raises what ends a
    TaskSet in Locust: InterruptTaskSet, StopUser, StopTest.
    """
    queue = task_set._task_queue
    left = len(task_set.tasks) if isinstance(task_set, SequentialTaskSet) else 1
    waits = False
    for _ in range(left + SCHEDULED_LIMIT):
        if not queue:
            if not left:
                return
            left -= 1
            queue.append(_next_task(task_set, draw))
        if waits:
            task_set.wait()  # type: ignore[no-untyped-call]
        waits = _run(queue.popleft(), task_set, draw)
    queue.clear()  # a task that always schedules another would never let the arrival end


def leave(task_set: TaskSet) -> None:
    """Run a TaskSet's `on_stop`; as in Locust, an exception there is logged and ends nothing."""
    try:
        task_set.on_stop()  # type: ignore[no-untyped-call]
    except (StopUser, StopTest):
        raise
    except FAILURES:
        _logger.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())


def report_user_error(user: User, error: BaseException) -> None:
    """Fire `user_error` and log the traceback, as Locust does with what a task raises."""
    user.environment.events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)
    _logger.error("%s\n%s", error, "".join(traceback.format_exception(error)))


class RootTaskSet:
    """The TaskSet that is all a class's users do, as in `tasks = [Browsing]`.

    In Locust such a user enters it once and stays: it logs in there and keeps what it learned. So here it is
    entered before the first arrival, every arrival makes one pass, and it is left when the user stops. When
    it interrupts itself it is left, too, and the next arrival enters it anew.
    """

    def __init__(self, user: User, kind: type[TaskSet]) -> None:
        self._user = user
        self._kind = kind
        self._task_set: TaskSet | None = None

    @classmethod
    def of(cls, user: User) -> Self | None:
        """Return the root of a user whose only task is a TaskSet; None for others."""
        kinds = set(user.tasks)
        kind = next(iter(kinds), None)
        return cls(user, kind) if len(kinds) == 1 and is_task_set(kind) else None

    def enter_early(self) -> None:
        """Enter before the first arrival; where that fails, the first arrival tries again."""
        try:
            self._enter()
        except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately):
            pass
        except (StopUser, StopTest):
            raise
        except FAILURES as error:
            report_user_error(self._user, error)

    def pass_through(self, draw: Draw) -> None:
        """Make one pass. Raises what a task or `on_start` raises to end the TaskSet or the user."""
        task_set = self._task_set or self._enter()
        try:
            make_pass(task_set, draw)
        except (InterruptTaskSet, StopUser, StopTest):
            self.leave()
            raise

    def leave(self) -> None:
        """Leave the TaskSet if it was entered."""
        task_set, self._task_set = self._task_set, None
        if task_set:
            leave(task_set)

    def _enter(self) -> TaskSet:
        task_set = self._kind(self._user)
        task_set.on_start()
        self._task_set = task_set
        return task_set


def _run(task: Any, task_set: TaskSet, draw: Draw) -> bool:
    """Run one task of a TaskSet and return whether Locust would wait before the next one."""
    try:
        if is_task_set(task):
            visit(task(task_set), draw)  # type: ignore[arg-type]  # the parent of a TaskSet may be another
        else:
            task_set.execute_task(task)  # type: ignore[no-untyped-call]
    except RescheduleTaskImmediately:
        return False
    except RescheduleTask:
        return True
    except (InterruptTaskSet, StopUser, StopTest):
        raise
    except FAILURES as error:
        report_user_error(task_set.user, error)
    return True


def _next_task(task_set: TaskSet, draw: Draw) -> Any:
    """Return the task to run: by a draw of the arrival's where Locust would choose at random.

    Locust repeats a task by its weight. Sequences, chains and a file's own kinds choose for themselves.
    """
    if type(task_set).get_next_task is TaskSet.get_next_task and task_set.tasks:
        return task_set.tasks[int(draw() * len(task_set.tasks))]
    return task_set.get_next_task()  # type: ignore[no-untyped-call]
