"""What the lease in the database promises: fences that grow, and stale writes refused."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking import Grant
from service.patterns.locking.postgres_lease import PostgresLease
from tests.service.patterns.locking.work import write_status
from tests.service.patterns.rows import scalar

LEASE_S = 0.05


@pytest.fixture
def lock(dead_redis: Redis, engine: AsyncEngine, namespace: str) -> PostgresLease:
    return PostgresLease(dead_redis, engine, LEASE_S, namespace)


async def granted(lock: PostgresLease) -> Grant:
    grant = await lock.acquire("name")
    assert grant is not None
    return grant


async def test_the_fence_grows_with_every_grant_whether_released_or_expired(lock: PostgresLease) -> None:
    fences = []
    for number in range(6):
        grant = await granted(lock)
        fences.append(grant.fence)
        if number % 2:
            await lock.release(grant)
        else:
            await asyncio.sleep(LEASE_S + 0.02)
    assert fences == [1, 2, 3, 4, 5, 6]


async def test_the_write_of_an_owner_who_outlasted_the_lease_is_refused(
    lock: PostgresLease, engine: AsyncEngine, video_ids: list[int]
) -> None:
    late = await granted(lock)
    assert await write_status(engine, video_ids[0], late, "processing")
    await asyncio.sleep(LEASE_S + 0.02)
    next_one = await granted(lock)
    assert await write_status(engine, video_ids[0], next_one, "completed")
    assert not await write_status(engine, video_ids[0], late, "failed")
    assert await scalar(engine, "SELECT status FROM videos WHERE id = :id", id=video_ids[0]) == "completed"


async def test_a_late_release_is_no_error(lock: PostgresLease) -> None:
    late = await granted(lock)
    await asyncio.sleep(LEASE_S + 0.02)
    await granted(lock)
    await lock.release(late)


async def test_a_release_keeps_the_row_and_with_it_the_fence(
    lock: PostgresLease, engine: AsyncEngine, namespace: str
) -> None:
    await lock.release(await granted(lock))
    assert await scalar(engine, "SELECT fence FROM locks WHERE name = :name", name=f"{namespace}:name") == 1


async def test_a_refused_attempt_changes_neither_owner_nor_lease(
    lock: PostgresLease, engine: AsyncEngine, namespace: str
) -> None:
    row = "SELECT (owner, fence, expires_at)::text FROM locks WHERE name = :name"
    await granted(lock)
    before = await scalar(engine, row, name=f"{namespace}:name")
    assert await lock.acquire("name") is None
    assert await scalar(engine, row, name=f"{namespace}:name") == before


async def test_a_database_that_is_away_is_raised(redis: Redis, dead_engine: AsyncEngine) -> None:
    with pytest.raises(OSError, match="Connect call failed"):
        await PostgresLease(redis, dead_engine, LEASE_S, "namespace").acquire("name")
