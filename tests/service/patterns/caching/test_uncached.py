from redis.asyncio import Redis

from service.patterns.caching.uncached import Uncached
from tests.service.patterns.caching.source import Source


async def test_every_read_loads_and_needs_no_redis(dead_redis: Redis) -> None:
    cache, source = Uncached(dead_redis, "namespace"), Source()
    for _ in range(3):
        await cache.get("key", source.load, 60.0)
    await cache.invalidate("key")
    assert source.loads == 3
