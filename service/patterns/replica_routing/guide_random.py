"""The routing that is copied most: any read, any replica."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from sqlalchemy.ext.asyncio import AsyncConnection

from service.patterns.replica_routing.protocol import Node, Read


class GuideRandom:
    """Reads from a replica drawn at random. Our reading of the guide's `get_db_readonly`.

    Choose this when a reader may see a world some time old, and an older one after a newer one.
    Guarantee: none but that what is read was committed once.
    Failure mode: a reader does not find what it has just written; its next read may go back in time; a dead
    replica fails its share of the reads.
    Round trips: the statements'.
    """

    def __init__(
        self,
        primary: Node,
        replicas: Sequence[Node],
        wait_s: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self._nodes = [node.for_reads() for node in replicas or [primary]]
        self._random = random or Random()

    @asynccontextmanager
    async def read(self, seen: int | None) -> AsyncIterator[Read]:
        """Read from a replica, or from the primary when there is none."""
        node = self._random.choice(self._nodes)
        async with node.engine.connect() as connection:
            yield Read(node, connection)

    async def written(self, connection: AsyncConnection) -> int | None:
        """Return None: the guide remembers nothing."""
        return None
