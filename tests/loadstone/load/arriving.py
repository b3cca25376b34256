"""One open user in this process, and arrivals handed to it one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.pool import Group
from locust import User
from locust.env import Environment

from loadstone.load.arrival import Arrival
from loadstone.load.line import Line
from loadstone.load.recorder import Recorder
from loadstone.load.user import open_class
from loadstone.records.load import LoadPlan

LIMIT_S = 5


def make_plan(**changes: Any) -> LoadPlan:
    """Return a plan whose fields matter little."""
    fields: dict[str, Any] = {
        "locustfile": "locustfile.py",
        "hosts": [],
        "arrivals": "constant",
        "rate": 1,
        "duration_s": 1,
        "warm_up_s": 0,
        "drain_s": 1,
        "max_in_flight": 1,
        "seed": 1,
    }
    return LoadPlan(**(fields | changes))


class OneOpenUser:
    """A user of the class, opened, and the arrivals it is given."""

    def __init__(self, user_class: type[User], seed: int = 1) -> None:
        self.line = Line(user_class.__name__, 1)
        self.recorder = Recorder()
        self.recorder.plan_start_s = 0.0
        self.environment = Environment(user_classes=[user_class], host="http://127.0.0.1:1")
        self.errors: list[str] = []
        self.environment.events.user_error.add_listener(self._note)  # type: ignore[no-untyped-call]
        self.user: Any = open_class(user_class, self.line, self.recorder, make_plan())(self.environment)
        self._seed = seed
        self._number = 0
        self._group = Group()
        self.greenlet = self.user.start(self._group)

    def wait_idle(self) -> None:
        with gevent.Timeout(LIMIT_S):
            while not (self.line.idle or self.greenlet.dead):
                gevent.sleep(0.001)

    def arrive(self, times: int = 1) -> None:
        """Hand over arrivals; each is awaited before the next one comes."""
        for _ in range(times):
            self.wait_idle()
            assert self.line.offer(Arrival(self._number, 0.0, self._seed), 0.0)
            self._number += 1
            self.wait_idle()

    def completed(self) -> int:
        return sum(row.completed for row in self.recorder.take_rows())

    def stop(self) -> None:
        self.user.stop()
        self.greenlet.join(LIMIT_S)

    def _note(self, exception: BaseException, **_: Any) -> None:
        self.errors.append(str(exception))


@contextmanager
def open_user(user_class: type[User], seed: int = 1) -> Iterator[OneOpenUser]:
    """Start a user of the class and stop it in the end."""
    one = OneOpenUser(user_class, seed)
    one.wait_idle()
    try:
        yield one
    finally:
        one.stop()
