"""One request's way to the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import MutableHeaders

from service.errors import DomainError
from service.resources import Resources

TOKEN_HEADER = "X-Consistency-Token"
TOKEN_PURPOSE = "consistency token"
SERVED_BY_HEADER = "X-Served-By"


class Session:
    """Routed reads, and writes to the primary; `headers` tell the client who served it and what it has seen.

    The client sends its newest token with its next request, and that request's routed reads then see no older
    world. Answers out of the cache stand outside of this: see `load`.
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
    async def write(self, *keys: str) -> AsyncIterator[AsyncConnection]:
        """Open a connection to the primary, where each statement commits by itself; then invalidate `keys`.

        Every write of the API is one statement. What fails in or after it may have committed it, so the keys
        are invalidated all the same. Only after a DomainError they are not: nothing was written then.
        """
        try:
            async with self.primary() as connection:
                yield connection
                self._saw(await self.resources.strategies.router.written(connection))
        except DomainError:
            keys = ()
            raise
        finally:
            await self.invalidate(*keys)

    async def invalidate(self, *keys: str) -> None:
        """Remove cached entries whose source has changed and is committed.

        Raises RedisError when the cache was not told. The change stands, but readers may not see it yet, and
        so the client hears of an error.
        """
        with self.resources.metrics.cache_errors.count_exceptions(RedisError):
            await asyncio.gather(*(self.resources.strategies.cache.invalidate(key) for key in keys))

    def primary(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection to the primary for a read that must not be old, whoever asks."""
        return self.resources.writer.connect()

    def load(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for the load of a cached endpoint.

        A kept answer hands on no position: it may be newer than the client's token, and a routed read that
        follows may then show an older world. That is the limit of what the token promises.
        """
        return self.read() if self.resources.loads_are_routed else self.primary()

    def _saw(self, position: int | None) -> None:
        if position is not None:
            self._seen = max(position, self._seen or 0)
            self.headers[TOKEN_HEADER] = self.resources.seals.seal(TOKEN_PURPOSE, str(self._seen))
