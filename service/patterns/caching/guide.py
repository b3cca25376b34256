"""The cache that is copied most: look, load, store."""

from typing import cast

from redis.asyncio import Redis

from service.patterns.caching.protocol import Cached, Load
from service.patterns.scripts import milliseconds


class Guide:
    """Look; when nothing is there, load and store for a fixed time. Our reading of the guide.

    Choose this when entries may be a whole lifetime old and loads are cheap.
    Guarantee: no body is served later than `ttl_s` after it was stored.
    Failure mode: nothing is invalidated, so a change stays unseen until the entry expires; every reader that
    comes during a load loads too (a stampede of about arrival rate times load time, at each expiry); "there
    is none" looks like a miss and is loaded again each time. A failure of Redis is raised.
    Round trips: 1 for a hit, 2 and the load for a miss.
    """

    def __init__(self, redis: Redis, namespace: str, lease_s: float = 10) -> None:
        self._redis = redis
        self._namespace = namespace

    async def get(self, key: str, load: Load, ttl_s: float) -> Cached:
        """Return the entry, or load one and store it."""
        entry = f"{self._namespace}:{key}"
        body = await self._redis.get(entry)
        if body:
            return Cached(cast(bytes, body), "hit")
        loaded = await load()
        if not loaded:
            return Cached(loaded, "load")
        # The guide says SETEX. GET adds only whether an entry was there, so that fills can be counted.
        replaced = await self._redis.set(entry, loaded, px=milliseconds(ttl_s), get=True)
        return Cached(loaded, "load", filled=replaced is None)

    async def invalidate(self, key: str) -> None:
        """Do nothing: the guide never invalidates."""
