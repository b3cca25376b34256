"""What the master and a worker say to each other, on Locust's own connection, beside what Locust says.

worker                     master
  Hello             →
                    ←      Assignment          once as many came as are to play
  Ping              ⇄      Pong                to compare clocks
  Prepared          →                          the locustfile is loaded
                    ←      (Locust: spawn)
  Ready             →                          every user waits for the plan to begin
                    ←      Start
  News …            →                          one a second, the last one is final
  StopRequest       →      Stop                either way: plan no more, drain
                    ←      Dismissal           the run is over, or cannot be
  Refusal           →                          the worker cannot play, and says why
"""

from collections.abc import Callable
from queue import Empty as Silence
from typing import Any, TypeVar

import msgspec
from gevent.queue import Queue

__all__ = ["Inbox", "Silence", "tell"]

INBOX_LIMIT = 10_000


class Hello(msgspec.Struct):
    """A worker wants to play; `name` is for people, `boot_id` names the boot of its machine."""

    name: str
    boot_id: str


class Assignment(msgspec.Struct):
    """The plan as this worker shall play it, and which of how many it is."""

    plan: bytes  # a LoadPlan as JSON
    index: int
    workers: int
    boot_id: str  # of the master's machine
    digests: dict[str, str]  # of the files that all must share: path → SHA-256


class Ping(msgspec.Struct):
    """What does your clock say?"""


class Pong(msgspec.Struct):
    """The master's CLOCK_MONOTONIC."""

    at_s: float


class Prepared(msgspec.Struct):
    """The locustfile is loaded; users may be spawned."""


class Ready(msgspec.Struct):
    """Every user has finished `on_start`."""


class Start(msgspec.Struct):
    """The plan begins at this instant of the master's clock."""

    plan_start_s: float


class News(msgspec.Struct):
    """One line for the harness, and what of it the master must know."""

    kind: str
    sequence: int
    line: bytes


class StopRequest(msgspec.Struct):
    """Somebody at the worker wants the run to end."""


class Stop(msgspec.Struct):
    """Plan no further arrivals; drain."""


class Dismissal(msgspec.Struct):
    """There is nothing more to do; `reason` is empty when the run has simply ended."""

    reason: str = ""


class Refusal(msgspec.Struct):
    """The worker cannot play: a LoadstoneError's text."""

    message: str


TO_MASTER = (Hello, Ping, Prepared, Ready, News, StopRequest, Refusal)
TO_WORKER = (Assignment, Pong, Start, Stop, Dismissal)

Message = TypeVar("Message", bound=msgspec.Struct)


def tell(runner: Any, message: msgspec.Struct, client_id: str | None = None) -> None:
    """Send a message to the other side; from the master to the worker of that id."""
    content = msgspec.to_builtins(message, builtin_types=(bytes,))
    runner.send_message(_name(type(message)), content, client_id)


class Inbox:
    """What the other side has said, in order: Locust would swallow an exception raised while it listens."""

    def __init__(self, runner: Any, kinds: tuple[type[msgspec.Struct], ...]) -> None:
        self._messages: Queue[tuple[str, msgspec.Struct]] = Queue(maxsize=INBOX_LIMIT)
        for kind in kinds:
            runner.register_message(_name(kind), self._listener(kind))

    def put(self, sender: str, message: msgspec.Struct) -> None:
        """Add a message by hand."""
        self._messages.put((sender, message))

    def take(self, timeout_s: float | None = None) -> tuple[str, msgspec.Struct]:
        """Return the next message and who sent it; raises Silence when none came in time."""
        message: tuple[str, msgspec.Struct] = self._messages.get(timeout=timeout_s)
        return message

    def _listener(self, kind: type[msgspec.Struct]) -> Callable[..., None]:
        def listen(environment: Any, msg: Any) -> None:
            self.put(msg.node_id, msgspec.convert(msg.data, kind, builtin_types=(bytes,)))

        return listen


def _name(kind: type[msgspec.Struct]) -> str:
    return f"loadstone_{kind.__name__.lower()}"
