"""Clients for Redis. There are two, because repeating a command is not always harmless.

redis-py repeats a command ten times after a connection error or timeout, although the server may have
carried it out: an increment then counts twice, and a lock that was granted looks refused.
"""

from dataclasses import dataclass

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff

from service.settings import Settings

NAMESPACE = "service"  # of every key
KEY_PATTERNS = (f"{NAMESPACE}:*", f"{{{NAMESPACE}:*")  # the second: keys that share a slot of a cluster
SOCKET_TIMEOUT_S = 1.0
POOL_TIMEOUT_S = 1.0
REPEATS = 2


@dataclass(frozen=True, slots=True)
class RedisClients:
    """`repeating` for reads and plain writes of values; `once` for what must not happen twice."""

    repeating: Redis
    once: Redis

    async def ping(self) -> None:
        """Return when the server answers; raises RedisError when it does not.

        The timeouts of the pool, of connecting and of each answer add up to some seconds: who cannot wait as
        long sets a bound of their own.
        """
        await self.once.ping()

    async def aclose(self) -> None:
        """Close both clients with their pools."""
        await self.repeating.aclose()
        await self.once.aclose()


def create_clients(settings: Settings) -> RedisClients:
    """Return the two clients; no connection is opened yet."""
    return RedisClients(
        repeating=_client(settings, Retry(ExponentialWithJitterBackoff(cap=0.1, base=0.01), REPEATS)),
        once=_client(settings, Retry(NoBackoff(), 0)),
    )


def _client(settings: Settings, retry: Retry) -> Redis:
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=settings.redis_max_connections,
        timeout=POOL_TIMEOUT_S,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        retry=retry,
    )
    return Redis.from_pool(pool)
