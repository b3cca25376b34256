"""The lock that is copied most: a key in Redis that expires."""

import uuid

from redis.asyncio import Redis
from redis.asyncio.lock import Lock as RedisLock
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking.protocol import Grant


class Guide:
    """redis-py's Lock with a timeout, not blocking. Our reading of the guide's `acquire_lock`.

    Choose this when two owners now and then only waste work.
    Guarantee: one owner as long as the work takes less than the lease and Redis loses nothing.
    Failure mode: work that outlasts the lease goes on beside the next owner, and its late write is accepted,
    for nothing tells the store which write is stale; `release` then raises LockNotOwnedError for work that is
    done. A failing Redis raises redis.RedisError.
    Round trips: 1 to acquire, 1 to release.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, lease_s: float, namespace: str) -> None:
        self._redis = redis
        self._lease_s = lease_s
        self._namespace = namespace

    async def acquire(self, name: str) -> Grant | None:
        """Return a grant without a fence, or None when the key exists."""
        token = uuid.uuid4().hex
        acquired = await self._lock(name).acquire(blocking=False, token=token)
        return Grant(name, token) if acquired else None

    async def release(self, grant: Grant) -> None:
        """Delete the key; raises redis.exceptions.LockNotOwnedError when it expired or is another's."""
        await self._lock(grant.name).do_release(grant.token.encode())

    def _lock(self, name: str) -> RedisLock:
        return self._redis.lock(f"{self._namespace}:{name}", timeout=self._lease_s)
