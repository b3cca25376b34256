"""The users: spawned and ready before the plan begins, by Locust's own runner."""

import logging
import time
from typing import Any

import gevent
import locust
from locust.argument_parser import get_parser
from locust.env import Environment

from loadstone.errors import LoadstoneError
from loadstone.load.line import Line
from loadstone.load.listener import RequestListener
from loadstone.load.recorder import Recorder
from loadstone.load.user import open_class
from loadstone.records.load import LoadPlan

READY_LIMIT_S = 120.0


class Pool:
    """`max_in_flight` users of the locustfile's classes, in the proportion of their weights.

    Locust's events fire as in a run of its own, and its statistics stay usable.
    """

    def __init__(self, plan: LoadPlan, classes: list[type[locust.User]], recorder: Recorder) -> None:
        self._size = plan.max_in_flight
        self._recorder = recorder
        running = [
            user_class for user_class in classes if user_class.weight > 0 or user_class.fixed_count > 0
        ]
        self.lines = [Line(user_class.__name__, user_class.weight or 1) for user_class in running]
        opened = [
            open_class(user_class, line, recorder, plan)
            for user_class, line in zip(running, self.lines, strict=True)
        ]
        self._environment = _environment(plan, opened)
        self._runner: Any = self._environment.create_local_runner()
        self._events: Any = self._environment.events
        self._listen()

    @property
    def in_flight(self) -> int:
        """How many arrivals are under way."""
        return sum(len(line.in_flight) for line in self.lines)

    @property
    def users(self) -> int:
        """How many users are alive."""
        return int(self._runner.user_count)

    def spawn(self) -> None:
        """Start the users and return when each has finished `on_start` and waits for an arrival.

        Raises LoadstoneError when users cannot be made, none is left, or they are not ready in time.
        """
        self._events.init.fire(environment=self._environment, runner=self._runner, web_ui=None)
        self._runner.start(self._size, spawn_rate=self._size)
        self._await_spawning()
        self._await_idle(time.monotonic() + READY_LIMIT_S)
        self._refuse_idle_classes()

    def stop(self) -> None:
        """End the users, running their `on_stop`; a task still under way is cut off."""
        self._runner.quit()
        self._events.quitting.fire(environment=self._environment, reverse=True)
        self._events.quit.fire(exit_code=0)

    def _listen(self) -> None:
        self._events.request.add_listener(RequestListener(self._recorder))
        self._events.user_error.add_listener(self._note_user_error)

    def _note_user_error(self, exception: BaseException, **_: Any) -> None:
        self._recorder.warnings.add(f"a task raised {type(exception).__name__}: {exception}")

    def _await_spawning(self) -> None:
        spawning = self._runner.spawning_greenlet
        spawning.join()
        if spawning.exception is not None:
            raise LoadstoneError(
                f"the users cannot be made: {spawning.exception}.",
                "See the traceback above; mend the locustfile.",
            )

    def _await_idle(self, deadline_s: float) -> None:
        while (idle := sum(line.idle for line in self.lines)) < self.users:
            if time.monotonic() > deadline_s:
                raise LoadstoneError(
                    f"{self.users - idle} of {self._size} users are in on_start after {READY_LIMIT_S:g} s.",
                    "Lower --max-in-flight, or make on_start quicker.",
                )
            gevent.sleep(0.005)
        if not self.users:
            reasons = "; ".join(self._recorder.warnings.take()) or "they stopped themselves"
            raise LoadstoneError(
                f"no user survived on_start: {reasons}.", "Mend on_start, or the system it asks."
            )

    def _refuse_idle_classes(self) -> None:
        empty = [line.name for line in self.lines if not line.idle]
        if empty:
            raise LoadstoneError(
                f"with {self._size} users, none is left for {', '.join(empty)}.", "Raise --max-in-flight."
            )


def _environment(plan: LoadPlan, classes: list[type[locust.User]]) -> Environment:
    """Return Locust's environment, reading none of its configuration files."""
    options = get_parser(default_config_files=[]).parse_args(["--headless"])
    return Environment(
        user_classes=classes,
        locustfile=plan.locustfile,
        host=plan.hosts[0] if plan.hosts else None,
        events=locust.events,
        parsed_options=options,
        stop_timeout=0,
    )


def quiet_locust() -> None:
    """Let Locust say on stderr only what is wrong, and each failure of a locustfile a few times only."""
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("locust.runners").setLevel(logging.ERROR)  # warns of spawn rates and of its CPU samples
    logging.getLogger("locust.user.task").addFilter(FirstFew())


class FirstFew(logging.Filter):
    """Lets the first `LIMIT` records pass: a task that always fails would write a traceback per arrival."""

    LIMIT = 10

    def __init__(self) -> None:
        super().__init__()
        self._seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Count the record and say whether it passes."""
        self._seen += 1
        return self._seen <= self.LIMIT
