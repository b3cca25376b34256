"""The known faults of the guide's lock, one by one."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import LockNotOwnedError, RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking import Grant
from service.patterns.locking.guide import Guide
from tests.service.patterns.locking.work import write_status
from tests.service.patterns.rows import scalar

LEASE_S = 0.05


async def test_the_late_write_of_an_owner_who_outlasted_the_lease_wins(
    redis: Redis, engine: AsyncEngine, namespace: str, video_ids: list[int]
) -> None:
    lock, video_id = Guide(redis, engine, LEASE_S, namespace), video_ids[0]
    late = await lock.acquire("name")
    await asyncio.sleep(LEASE_S + 0.02)
    next_one = await lock.acquire("name")
    assert late is not None
    assert next_one is not None
    assert await write_status(engine, video_id, next_one, "completed")
    assert await write_status(engine, video_id, late, "failed")
    assert await scalar(engine, "SELECT status FROM videos WHERE id = :id", id=video_id) == "failed"


async def test_releasing_after_the_lease_fails_although_the_work_is_done(
    redis: Redis, engine: AsyncEngine, namespace: str
) -> None:
    lock = Guide(redis, engine, LEASE_S, namespace)
    grant = await lock.acquire("name")
    assert grant is not None
    await asyncio.sleep(LEASE_S + 0.02)
    with pytest.raises(LockNotOwnedError):
        await lock.release(grant)


async def test_a_redis_that_is_away_fails_the_request(dead_redis: Redis, engine: AsyncEngine) -> None:
    lock = Guide(dead_redis, engine, LEASE_S, "namespace")
    with pytest.raises(RedisError):
        await lock.acquire("name")
    with pytest.raises(RedisError):
        await lock.release(Grant("name", "token"))
