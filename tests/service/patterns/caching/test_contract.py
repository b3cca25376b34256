"""What every caching strategy does, whichever one it is."""

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.caching import DEFAULT, NULL, STRATEGIES, Cache
from tests.service.patterns.caching.source import Source

TTL_S = 60.0
Build = Callable[[Redis], Cache]


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(strategy: str, namespace: str) -> Build:
    return lambda redis: STRATEGIES[strategy](redis, namespace)


@pytest.fixture
def cache(build: Build, redis: Redis) -> Cache:
    return build(redis)


def test_the_default_and_the_null_strategy_are_registered() -> None:
    assert {DEFAULT, NULL} <= STRATEGIES.keys()


@pytest.mark.parametrize("body", [b"body", b"", b"?not a lease", b"\x00\xff", None])
async def test_the_body_is_the_sources_both_times(cache: Cache, body: bytes | None) -> None:
    source = Source(body)
    assert (await cache.get("key", source.load, TTL_S)).body == body
    assert (await cache.get("key", source.load, TTL_S)).body == body


async def test_the_second_read_is_a_hit_unless_nothing_is_cached(cache: Cache, strategy: str) -> None:
    source = Source()
    first = await cache.get("key", source.load, TTL_S)
    second = await cache.get("key", source.load, TTL_S)
    cached = strategy != NULL
    assert (first.source, first.filled) == ("load", cached)
    assert (second.source, second.filled) == ("hit" if cached else "load", False)
    assert source.loads == (1 if cached else 2)


async def test_an_entry_ends_with_its_lifetime(cache: Cache) -> None:
    source = Source(b"old")
    await cache.get("key", source.load, 0.02)
    source.body = b"new"
    await asyncio.sleep(0.05)
    assert (await cache.get("key", source.load, TTL_S)).body == b"new"


async def test_keys_do_not_meet(cache: Cache) -> None:
    assert (await cache.get("one", Source(b"1").load, TTL_S)).body == b"1"
    assert (await cache.get("two", Source(b"2").load, TTL_S)).body == b"2"


async def test_namespaces_do_not_meet(strategy: str, redis: Redis, namespace: str) -> None:
    for name in ("one", "two"):
        cache = STRATEGIES[strategy](redis, f"{namespace}-{name}")
        assert (await cache.get("key", Source(name.encode()).load, TTL_S)).body == name.encode()


async def test_a_failed_load_is_raised_and_not_remembered(cache: Cache) -> None:
    source = Source()
    with pytest.raises(ConnectionResetError):
        await cache.get("key", source.fail, TTL_S)
    assert (await cache.get("key", source.load, TTL_S)).source == "load"


async def test_many_readers_at_once_all_get_the_body_and_one_entry_is_created(
    cache: Cache, strategy: str
) -> None:
    source = Source()
    results = await asyncio.gather(*(cache.get("key", source.load, TTL_S) for _ in range(50)))
    assert {result.body for result in results} == {b"body"}
    assert sum(result.filled for result in results) == (0 if strategy == NULL else 1)
    assert sum(result.source == "load" for result in results) == source.loads


async def test_a_key_can_be_invalidated_whether_it_is_there_or_not(cache: Cache) -> None:
    await cache.invalidate("key")
    await cache.get("key", Source().load, TTL_S)
    await cache.invalidate("key")


async def test_a_cache_that_is_away_never_passes_for_a_miss(
    build: Build, dead_redis: Redis, strategy: str
) -> None:
    try:
        cached = await build(dead_redis).get("key", Source().load, TTL_S)
    except RedisError:
        return
    assert cached.body == b"body"
    assert cached.cache_failed == (strategy != NULL)
