"""The known faults of the guide's cache, one by one."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.caching.guide import Guide
from tests.service.patterns.caching.source import Source
from tests.service.patterns.caching.staleness import History
from tests.service.patterns.waiting import until


async def test_every_reader_that_comes_during_a_load_loads_too(redis: Redis, namespace: str) -> None:
    cache, source = Guide(redis, namespace), Source(held_back=True)
    readers = [asyncio.create_task(cache.get("key", source.load, 60.0)) for _ in range(10)]
    await until(lambda: source.has_loads(10))
    source.release.set()
    results = await asyncio.gather(*readers)
    assert [result.source for result in results] == ["load"] * 10
    assert sum(result.filled for result in results) == 1


async def test_a_change_stays_unseen(redis: Redis, namespace: str) -> None:
    cache, source = Guide(redis, namespace), Source(b"old")
    await cache.get("key", source.load, 60.0)
    source.body = b"new"
    await cache.invalidate("key")
    assert (await cache.get("key", source.load, 60.0)).body == b"old"


async def test_what_is_not_there_is_loaded_each_time(redis: Redis, namespace: str) -> None:
    cache, source = Guide(redis, namespace), Source(None)
    for _ in range(3):
        assert (await cache.get("key", source.load, 60.0)).source == "load"
    assert source.loads == 3


async def test_readers_beside_updates_get_stale_bodies(redis: Redis, namespace: str) -> None:
    history = History([Guide(redis, namespace), Guide(redis, namespace)], seed=1)
    await history.run(updates=10)
    assert history.stale_reads > 0


async def test_a_cache_that_is_away_fails_the_read(dead_redis: Redis) -> None:
    with pytest.raises(RedisError):
        await Guide(dead_redis, "namespace").get("key", Source().load, 60.0)
