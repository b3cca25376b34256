"""Locust's three runners under a plan: users are spawned once, and whoever stops them ends the plan."""

from collections.abc import Callable, Iterator, Set
from typing import Any

from gevent.event import Event
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.runners import (
    HEARTBEAT_LIVENESS,
    STATE_INIT,
    LocalRunner,
    MasterRunner,
    WorkerNode,
    WorkerRunner,
)

from loadstone.errors import LoadstoneError


class Planned:
    """Mixed in before one of Locust's runners. Tasks, listeners and Locust itself may call `stop` and `quit`:
    then nothing further is planned, and what is under way is drained as ever. Once the users are ended that
    does nothing: users who all stopped each other in their `on_stop` would wait for each other.
    """

    ending = False
    end_plan: Callable[[], None]

    def stop(self, *arguments: Any, **options: Any) -> None:
        """End the plan."""
        if not self.ending:
            self.end_plan()

    def quit(self) -> None:
        """End the plan."""
        if not self.ending:
            self.end_plan()

    def end(self) -> None:
        """End the users, running their `on_stop`: what Locust means by `stop`."""
        if not self.ending:
            self.ending = True
            super().stop()  # type: ignore[misc]  # the next class is a Runner


class LocalPlayer(Planned, LocalRunner):
    """Plays a plan alone."""

    def spawn(self, users: int) -> int:
        """Start the users and return how many; raises LoadstoneError when they cannot be made."""
        self.start(users, spawn_rate=users)
        _await_made(self)
        return users


class WorkerPlayer(Planned, WorkerRunner):
    """Plays its share of a plan; `on_quit` hears that the master wants no more of it."""

    def __init__(self, environment: Environment, host: str, port: int, on_quit: Callable[[], None]) -> None:
        self._spawned = Event()
        self._on_quit = on_quit
        super().__init__(environment, host, port)

    def spawn(self, users: int) -> int:
        """Return how many of the plan's users the master had started here; raises LoadstoneError when they
        cannot be made.
        """
        self._spawned.wait()
        _await_made(self)
        return self.target_user_count

    def start_worker(self, user_classes_count: dict[str, int], **options: Any) -> None:
        """Start the users, in Locust's spawning greenlet."""
        try:
            super().start_worker(user_classes_count, **options)
        finally:
            self._spawned.set()

    def handle_message(self, msg: Any) -> None:
        """Handle one of Locust's messages; `quit` ends the greenlet that runs this."""
        if msg.type != "quit":
            super().handle_message(msg)
            return
        try:
            self.end()
            super().handle_message(msg)
        finally:
            self._on_quit()


class MasterPlayer(Planned, MasterRunner):
    """Has workers play a plan. A lost one is missed, never made up for: the others keep their shares."""

    def spawn(self, users: int, workers: Set[str]) -> None:
        """Have these workers start the users, and nobody else who has come; they are known by Locust's ids.

        Locust gives none to a worker that it misses, as it does one that has been loading a large locustfile.
        """
        for identity, node in list(self.clients.items()):
            if identity in workers:
                node.state, node.heartbeat = STATE_INIT, HEARTBEAT_LIVENESS
            else:
                del self.clients[identity]
        super().start(users, spawn_rate=users)

    def start(self, *arguments: Any, **options: Any) -> None:
        """Do nothing: Locust calls this to rebalance when workers come and go."""

    def stop(self, *arguments: Any, **options: Any) -> None:
        """End the plan, unless Locust asks because no worker is heard: they may only be stalled."""
        if self.ending:
            MasterRunner.stop(self, *arguments, **options)
        elif self.worker_count > 0:
            self.end_plan()

    def quit(self) -> None:
        """End the plan; after it, have the workers quit."""
        if self.ending:
            MasterRunner.quit(self)
        else:
            self.end_plan()


class SameMix:
    """Gives every worker the mix of classes that it would have alone; stands in for Locust's UsersDispatcher.

    Locust's own deals users out in turn, so that a worker may have none of a class: its arrivals for that
    class would be dropped.
    """

    dispatch_in_progress = True  # so Locust never starts another one by itself

    def __init__(self, worker_nodes: list[WorkerNode], user_classes: list[type]) -> None:
        self._nodes = worker_nodes
        self._classes = user_classes
        self._given: dict[str, dict[str, int]] = {}

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: Any = None) -> None:
        """Deal out that many users."""
        parts = len(self._nodes)
        self._given = {
            node.id: _mix_alone(node, self._classes, even_share(target_user_count, index, parts))
            for index, node in enumerate(self._nodes)
        }

    def __iter__(self) -> Iterator[dict[str, dict[str, int]]]:
        """Yield once how many users of which class each worker has."""
        return iter([self._given])

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Leave it without users: it came too late."""

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Leave its users unreplaced."""


def even_share(total: int, index: int, parts: int) -> int:
    """Return one part of a whole number that is dealt out as evenly as can be."""
    return total // parts + (index < total % parts)


def _mix_alone(node: WorkerNode, user_classes: list[type], users: int) -> dict[str, int]:
    alone = UsersDispatcher([node], user_classes)
    alone.new_dispatch(users, spawn_rate=users)
    return next(alone)[node.id]


def _await_made(runner: Any) -> None:
    spawning = runner.spawning_greenlet
    spawning.join()
    if spawning.exception is not None:
        raise LoadstoneError(
            f"the users cannot be made: {spawning.exception}.",
            "See the traceback above; mend the locustfile.",
        )
