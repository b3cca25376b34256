from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking.unlocked import Unlocked


async def test_it_grants_without_asking_anybody(dead_redis: Redis, dead_engine: AsyncEngine) -> None:
    lock = Unlocked(dead_redis, dead_engine, 60, "namespace")
    grant = await lock.acquire("name")
    assert grant is not None
    assert grant.fence is None
    await lock.release(grant)
