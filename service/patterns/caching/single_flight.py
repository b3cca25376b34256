"""Of callers who want the same work at the same time, one does it and all get its result."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """At most one flight a key in this process, started by the first caller.

    The key must name all that decides whether the result suits a later caller: who joins gets the result of
    work that began before it called. The work is a task of its own, so that a caller who gives up does not
    fail the others.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, asyncio.Task[Result]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    async def run(self, key: Hashable, work: Callable[[], Awaitable[Result]]) -> tuple[Result, bool]:
        """Return the result of the key's flight and whether another caller had started it.

        `work` is called only when no flight is under way. What it raises is raised to every caller.
        """
        flight = self._flights.get(key)
        shared = flight is not None
        if flight is None:
            flight = asyncio.create_task(_awaited(work))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight), shared

    def _land(self, key: Hashable, flight: asyncio.Task[Result]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # seen, even when every caller has gone: asyncio would complain otherwise


async def _awaited(work: Callable[[], Awaitable[Result]]) -> Result:
    return await work()
