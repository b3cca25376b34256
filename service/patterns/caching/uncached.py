"""No cache: the control group."""

from redis.asyncio import Redis

from service.patterns.caching.protocol import Cached, Load


class Uncached:
    """Loads every time.

    Choose this when the load is cheap, or to see what a cache is worth.
    Guarantee: as fresh as the source. Failure mode: the source carries every read. Round trips: the load's.
    """

    def __init__(self, redis: Redis, namespace: str, lease_s: float = 10) -> None:
        pass

    async def get(self, key: str, load: Load, ttl_s: float) -> Cached:
        """Return what the source holds now."""
        return Cached(await load(), "load")

    async def invalidate(self, key: str) -> None:
        """Do nothing: nothing is kept."""
