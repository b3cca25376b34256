"""One request's way to the database."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import MutableHeaders

from service.resources import Resources

TOKEN_HEADER = "X-Consistency-Token"
TOKEN_PURPOSE = "consistency token"
SERVED_BY_HEADER = "X-Served-By"


class Session:
    """Routed reads, and writes to the primary; `headers` tell the client who served it and what it has seen.

    The client sends its newest token with its next request, and that request then sees no older world.
    """

    def __init__(self, resources: Resources, token: str | None, headers: MutableHeaders) -> None:
        self.resources = resources
        self.headers = headers
        self._seen = None if token is None else int(resources.seals.open(TOKEN_PURPOSE, token))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection to the server that the router chooses."""
        async with self.resources.strategies.router.read(self._seen) as read:
            yield read.connection
        metrics = self.resources.metrics
        metrics.reads.labels(read.node.name).inc()
        metrics.read_wait_seconds.observe(read.waited_s)
        if read.fell_back:
            metrics.read_fallbacks.inc()
        self.headers[SERVED_BY_HEADER] = read.node.name
        self._saw(read.position)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection to the primary, where each statement commits by itself.

        Every write of the API is one statement. So what a handler does after the block, invalidating caches
        and answering, comes after the commit.
        """
        async with self.primary() as connection:
            yield connection
            self._saw(await self.resources.strategies.router.written(connection))

    def primary(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection to the primary for a read that must not be old, whoever asks."""
        return self.resources.writer.connect()

    def load(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for the load of a cached endpoint."""
        return self.read() if self.resources.loads_are_routed else self.primary()

    def _saw(self, position: int | None) -> None:
        if position is not None:
            self._seen = max(position, self._seen or 0)
            self.headers[TOKEN_HEADER] = self.resources.seals.seal(TOKEN_PURPOSE, str(self._seen))
