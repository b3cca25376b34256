"""What leases promise: one load a miss, and no body that was invalidated while it was loaded."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.caching.lease import Lease, new_token
from tests.service.patterns.caching.source import Source
from tests.service.patterns.caching.staleness import History
from tests.service.patterns.waiting import until

TTL_S = 60.0


async def is_absent(redis: Redis, name: str) -> bool:
    return not await redis.exists(name)


@pytest.fixture
def cache(redis: Redis, namespace: str) -> Lease:
    return Lease(redis, namespace)


@pytest.fixture
def elsewhere(redis: Redis, namespace: str) -> Lease:
    """The same cache in another process: it shares nothing but Redis."""
    return Lease(redis, namespace)


async def test_readers_of_two_processes_share_one_load(cache: Lease, elsewhere: Lease) -> None:
    source = Source(held_back=True)
    readers = [
        asyncio.create_task(of.get("key", source.load, TTL_S)) for of in (cache, elsewhere) for _ in range(20)
    ]
    await source.started.wait()
    await asyncio.sleep(0.05)
    source.release.set()
    results = await asyncio.gather(*readers)
    assert source.loads == 1
    assert sorted(result.source for result in results) == ["load"] + ["shared"] * 39
    assert [result.filled for result in results if result.source == "load"] == [True]


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_load_that_began_before_an_invalidation_is_neither_kept_nor_shared(
    cache: Lease, elsewhere: Lease, where: str
) -> None:
    old, new = Source(b"old", held_back=True), Source(b"new")
    early = asyncio.create_task(cache.get("key", old.load, TTL_S))
    await old.started.wait()
    await (cache if where == "here" else elsewhere).invalidate("key")
    late = await cache.get("key", new.load, TTL_S)
    assert (late.body, late.source, late.filled) == (b"new", "load", True)
    old.release.set()
    assert not (await early).filled
    assert (await cache.get("key", new.load, TTL_S)).body == b"new"


@pytest.mark.parametrize("seed", range(3))
async def test_no_reader_beside_updates_gets_a_stale_body(cache: Lease, elsewhere: Lease, seed: int) -> None:
    history = History([cache, elsewhere], seed)
    await history.run()
    assert history.hits > 0
    assert history.stale_reads == 0


async def test_what_is_not_there_is_remembered(cache: Lease) -> None:
    source = Source(None)
    await cache.get("key", source.load, TTL_S)
    again = await cache.get("key", source.load, TTL_S)
    assert (again.body, again.source, source.loads) == (None, "hit", 1)


async def test_a_dead_holders_lease_passes_on_when_it_expires(
    cache: Lease, redis: Redis, namespace: str
) -> None:
    await redis.set(f"{namespace}:key", new_token(), px=50)
    cached = await cache.get("key", Source().load, TTL_S)
    assert (cached.source, cached.filled) == ("load", True)


async def test_who_has_waited_long_enough_loads_without_storing(redis: Redis, namespace: str) -> None:
    lease = new_token()
    await redis.set(f"{namespace}:key", lease)
    cached = await Lease(redis, namespace, wait_s=0.03).get("key", Source().load, TTL_S)
    assert (cached.body, cached.source, cached.filled) == (b"body", "load", False)
    assert await redis.get(f"{namespace}:key") == lease


async def test_a_load_that_outlasts_its_lease_is_not_stored(redis: Redis, namespace: str) -> None:
    cache, source = Lease(redis, namespace, lease_s=0.02), Source(held_back=True)
    slow = asyncio.create_task(cache.get("key", source.load, TTL_S))
    await source.started.wait()
    await until(lambda: is_absent(redis, f"{namespace}:key"))
    source.release.set()
    assert not (await slow).filled
    assert not await redis.exists(f"{namespace}:key")


async def test_a_failed_load_gives_its_lease_back(cache: Lease, redis: Redis, namespace: str) -> None:
    with pytest.raises(ConnectionResetError):
        await cache.get("key", Source().fail, TTL_S)
    assert not await redis.exists(f"{namespace}:key")


async def test_a_reader_who_gives_up_does_not_fail_the_others(cache: Lease) -> None:
    source = Source(held_back=True)
    first = asyncio.create_task(cache.get("key", source.load, TTL_S))
    await source.started.wait()
    second = asyncio.create_task(cache.get("key", source.load, TTL_S))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.release.set()
    assert (await second).body == b"body"
    assert source.loads == 1


async def test_lifetimes_vary_by_a_tenth(cache: Lease, redis: Redis, namespace: str) -> None:
    for key in map(str, range(40)):
        await cache.get(key, Source().load, TTL_S)
    lifetimes_s = [await redis.pttl(f"{namespace}:{key}") / 1000 for key in range(40)]
    assert 0.85 * TTL_S < min(lifetimes_s) < 0.98 * TTL_S
    assert 1.02 * TTL_S < max(lifetimes_s) <= 1.1 * TTL_S


async def test_a_cache_that_fails_before_the_fill_is_said_and_the_body_served(
    cache: Lease, redis: Redis, namespace: str
) -> None:
    async def spoil() -> bytes:
        await redis.delete(f"{namespace}:key")
        await redis.lpush(f"{namespace}:key", "no string: every GET fails")
        return b"body"

    cached = await cache.get("key", spoil, TTL_S)
    assert (cached.body, cached.cache_failed, cached.filled) == (b"body", True, False)


async def test_an_invalidation_that_did_not_happen_is_raised(dead_redis: Redis) -> None:
    with pytest.raises(RedisError):
        await Lease(dead_redis, "namespace").invalidate("key")
