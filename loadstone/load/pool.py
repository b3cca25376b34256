"""The users: spawned and ready before the plan begins, by one of Locust's own runners."""

import logging
import time
from typing import Any

import gevent
import locust
import locust.event
from locust.argument_parser import get_parser
from locust.env import Environment

from loadstone.errors import LoadstoneError
from loadstone.load.listener import RequestListener
from loadstone.load.locustfile import default_options
from loadstone.load.recorder import Recorder
from loadstone.load.workload import POLL_S, Workload
from loadstone.records.load import LoadPlan

READY_LIMIT_S = 120.0
STOP_LIMIT_S = 20.0  # for all of `on_stop`; less than a master waits for last messages


class Pool:
    """The users of a workload, in the proportion of their weights.

    Locust's events fire as in a run of its own, and its statistics stay usable.
    """

    def __init__(self, environment: Environment, workload: Workload, recorder: Recorder) -> None:
        self._runner: Any = environment.runner
        self._events: Any = environment.events
        self._workload = workload
        self._recorder = recorder
        self._asked = 0
        self._abandoned = False
        environment.user_classes = workload.classes
        self._listen()

    @property
    def users(self) -> int:
        """How many users are alive."""
        return int(self._runner.user_count)

    def spawn(self) -> None:
        """Start the users and return when each has finished `on_start` and waits.

        Raises LoadstoneError when users cannot be made, none is left, they are not ready in time, or
        `abandon` was called.
        """
        self._asked = self._runner.spawn(self._workload.users)
        self._await_waiting(time.monotonic() + READY_LIMIT_S)
        if unserved := self._workload.unserved:
            raise LoadstoneError(
                f"with {self._asked} users, none is left for {', '.join(unserved)}.",
                "Raise --max-in-flight.",
            )

    def abandon(self) -> None:
        """Wait no longer for users that are not ready."""
        self._abandoned = True

    def stop(self) -> None:
        """End the users, running their `on_stop`; a task still under way is cut off."""
        ending = gevent.spawn(self._workload.end)
        ending.join(STOP_LIMIT_S)
        if not ending.ready():
            self._recorder.warnings.add(
                f"{self.users} users had not ended {STOP_LIMIT_S:g} s after the drain."
            )

    def note_lost(self) -> None:
        """Warn of users that have ended by themselves."""
        if lost := self._asked - self.users:
            self._recorder.warnings.add(f"{lost} of {self._asked} users ended before the run did.")

    def _listen(self) -> None:
        # Before the locustfile's own: one that raises, to end its task, ends the event for those after it.
        self._events.request._handlers.insert(0, RequestListener(self._recorder))
        self._events.user_error.add_listener(self._note_user_error)

    def _note_user_error(self, exception: BaseException, **_: Any) -> None:
        self._recorder.warnings.add(f"a task raised {type(exception).__name__}: {exception}")

    def _await_waiting(self, deadline_s: float) -> None:
        while (waiting := self._workload.waiting) < self.users and not self._abandoned:
            if time.monotonic() > deadline_s:
                late = f"{self.users - waiting} of {self._asked} users"
                raise LoadstoneError(
                    f"{late} are in on_start after {READY_LIMIT_S:g} s.",
                    "Lower --max-in-flight, or make on_start quicker.",
                )
            gevent.sleep(POLL_S)
        if self._abandoned:
            raise LoadstoneError("the run was stopped before its users were ready.", "Run it again.")
        if not self.users:
            reasons = "; ".join(self._recorder.warnings.take()) or "they stopped themselves"
            raise LoadstoneError(
                f"no user survived on_start: {reasons}.", "Mend on_start, or the system it asks."
            )


def make_environment() -> Environment:
    """Return Locust's environment, reading none of its configuration files; `equip` says for what plan."""
    options = get_parser(default_config_files=[]).parse_args(["--headless"])
    return Environment(events=locust.events, parsed_options=options, stop_timeout=0)


def equip(environment: Environment, plan: LoadPlan) -> None:
    """Tell the environment what a locustfile may ask it, and fire `init`."""
    environment.locustfile = plan.locustfile
    environment.parsed_options = default_options()  # with those that the file has added meanwhile
    environment.host = plan.hosts[0] if plan.hosts else None
    events: Any = environment.events
    events.init.fire(environment=environment, runner=environment.runner, web_ui=environment.web_ui)


def leave(environment: Environment) -> None:
    """Fire Locust's last events; a master then has its workers quit."""
    runner: Any = environment.runner
    runner.ending = True
    events: Any = environment.events
    events.quitting.fire(environment=environment, reverse=True)
    events.quit.fire(exit_code=0)


def quiet_locust() -> None:
    """Let Locust say on stderr only what is wrong, and each failure of a locustfile a few times only."""
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("locust.runners").setLevel(logging.ERROR)  # warns of spawn rates and of its CPU samples
    logging.getLogger("locust.user.task").addFilter(FirstFew())
    logging.getLogger().addFilter(FirstFew(locust.event.__file__))  # of listeners; it is everybody's logger


class FirstFew(logging.Filter):
    """Lets the first `LIMIT` records pass, of one source file or of any: a task or a listener that always
    fails would write a traceback per arrival.
    """

    LIMIT = 10

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self._path = path
        self._seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Count the record and say whether it passes."""
        if self._path not in ("", record.pathname):
            return True
        self._seen += 1
        return self._seen <= self.LIMIT
