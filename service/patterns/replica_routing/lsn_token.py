"""Positions: a reader carries how far it has seen, and a replica serves it from there on."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.patterns.replica_routing.power_of_two import PowerOfTwo
from service.patterns.replica_routing.protocol import Node, Read

POLL_S = 0.005
CONNECTION_FAILURES = (OSError, DBAPIError, PoolTimeoutError)
# As a number, since LSNs compared as text are out of order ('9/0' and '10/0').
_POSITION = text("""
    SELECT pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
        '0/0'
    )::bigint
""")


class LsnToken:
    """Reads from a replica that has replayed what the reader has seen; else waits a little, else the primary.

    Choose this when replicas carry the reads and no session may go back in time: the default.
    Guarantee: in a session that hands its newest position on, a read sees the session's own writes and all
    that its earlier reads saw, whichever servers they ran on.
    Failure mode: with replicas far behind, sessions that write read from the primary. A replica that cannot
    be connected to, or whose pool is used up, costs the attempt, then the primary serves; a statement that
    fails midway raises.
    Round trips: the statements' and 1 for the position afterwards; 1 or more before them when the replica is
    not known to have come as far as the reader. 1 after a write.
    Source: the scheme of GitLab's database load balancing.

    Why it holds. A position P covers a reader when every commit it saw ends at or before P. On the primary a
    commit is in the log before any snapshot shows it, so the insert position taken after the statement covers
    it. On a replica a commit shows once replayed, so the replay position taken after the statement covers it.
    Taken before the statement it would not: commits replayed in between are seen and not covered. And a
    replica whose replay position has reached P shows all commits up to P. The position handed on is never
    below the one that came in, so what one read covers, all later ones do. One gap remains: a replica shows a
    commit a moment before it moves its replay position past it (both inside the replay of one record); a
    position asked for, a round trip later, in that very moment covers all but that commit.

    The replay position last seen of a replica stands for a check without a round trip. It is forgotten with
    every new connection, since a replica that restarts may open at an earlier position.
    """

    def __init__(
        self,
        primary: Node,
        replicas: Sequence[Node],
        wait_s: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self._primary = primary.for_reads()
        self._replicas = [node.for_reads() for node in replicas]
        self._wait_s = wait_s
        self._clock = clock
        self._chooser = PowerOfTwo(random or Random())
        self._replayed = {node.name: 0 for node in replicas}

    @asynccontextmanager
    async def read(self, seen: int | None) -> AsyncIterator[Read]:
        """Open a connection that shows what `seen` covers; set the position when the block is done."""
        start_s = self._clock()
        async with AsyncExitStack() as held:
            read = await self._from_replica(held, seen or 0) if self._replicas else None
            waited_s = self._clock() - start_s
            if read is None:
                connection = await held.enter_async_context(self._primary.engine.connect())
                read = Read(self._primary, connection, fell_back=bool(self._replicas))
            read.waited_s = waited_s
            yield read
            read.position = max(seen or 0, await self._look(read.node, read.connection))

    async def written(self, connection: AsyncConnection) -> int | None:
        """Return a position that covers what was just committed."""
        return await position(connection)

    async def _from_replica(self, held: AsyncExitStack, seen: int) -> Read | None:
        """Return a read on a replica that has come as far as `seen`, its connection held by the stack."""
        async with AsyncExitStack() as attempt:
            node = attempt.enter_context(self._chooser.choose(self._replicas))
            try:
                connection = await attempt.enter_async_context(self._connect(node))
                reached = await self._reaches(node, connection, seen)
            except CONNECTION_FAILURES:
                return None
            if not reached:
                return None
            held.push_async_exit(attempt.pop_all())
            return Read(node, connection)

    @asynccontextmanager
    async def _connect(self, node: Node) -> AsyncIterator[AsyncConnection]:
        """Open a connection; forget the node's position when it is a new one."""
        async with open_connection(node) as connection:
            if not connection.info.setdefault("known", False):
                connection.info["known"] = True
                self._replayed[node.name] = 0
            yield connection

    async def _reaches(self, node: Node, connection: AsyncConnection, seen: int) -> bool:
        """Return whether the replica has replayed `seen`, looking again until `wait_s` is over."""
        if self._replayed[node.name] >= seen:
            return True
        deadline_s = self._clock() + self._wait_s
        while await self._look(node, connection) < seen:
            if self._clock() >= deadline_s:
                return False
            await asyncio.sleep(POLL_S)
        return True

    async def _look(self, node: Node, connection: AsyncConnection) -> int:
        """Ask a node for its position, and remember a replica's."""
        now = await position(connection)
        if node.name in self._replayed:
            self._replayed[node.name] = max(now, self._replayed[node.name])
        return now


async def position(connection: AsyncConnection) -> int:
    """Return how far a server's data goes: a replica's has been replayed, the primary's been inserted."""
    return int(await connection.scalar(_POSITION))


@asynccontextmanager
async def open_connection(node: Node) -> AsyncIterator[AsyncConnection]:
    """Open a connection, passing over pooled ones that the server has closed; no round trip."""
    while True:
        async with node.engine.connect() as connection:
            pooled = await connection.get_raw_connection()
            if not cast(Any, pooled.driver_connection).is_closed():
                yield connection
                return
            await connection.invalidate()
