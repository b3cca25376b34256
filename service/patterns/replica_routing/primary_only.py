"""No replica: the control group."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from sqlalchemy.ext.asyncio import AsyncConnection

from service.patterns.replica_routing.protocol import Node, Read


class PrimaryOnly:
    """Reads where the writes go.

    Choose this when one server carries all reads, or to see what replicas are worth.
    Guarantee: every read sees every earlier commit.
    Failure mode: reads and writes compete. Round trips: the statements'.
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

    @asynccontextmanager
    async def read(self, seen: int | None) -> AsyncIterator[Read]:
        """Read from the primary."""
        async with self._primary.engine.connect() as connection:
            yield Read(self._primary, connection)

    async def written(self, connection: AsyncConnection) -> int | None:
        """Return None: there is nothing to remember."""
        return None
