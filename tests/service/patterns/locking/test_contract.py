"""What every locking strategy does, whichever one it is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import LockNotOwnedError
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking import DEFAULT, NULL, STRATEGIES, Lock

SHORT_LEASE_S = 0.05
Build = Callable[[float], Lock]


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(strategy: str, redis: Redis, engine: AsyncEngine, namespace: str) -> Build:
    return lambda lease_s: STRATEGIES[strategy](redis, engine, lease_s, namespace)


@pytest.fixture
def lock(build: Build) -> Lock:
    return build(60)


@pytest.fixture
def excludes(strategy: str) -> bool:
    """Whether the strategy refuses a second owner at all."""
    return strategy != NULL


def test_the_default_and_the_null_strategy_are_registered() -> None:
    assert {DEFAULT, NULL} <= STRATEGIES.keys()


async def test_who_finds_the_name_taken_is_refused_at_once(lock: Lock, excludes: bool) -> None:
    grant = await lock.acquire("name")
    assert grant is not None
    assert grant.name == "name"
    assert (await lock.acquire("name") is None) == excludes


async def test_one_of_many_contenders_gets_the_lock(build: Build, excludes: bool) -> None:
    lock, elsewhere = build(60), build(60)
    grants = await asyncio.gather(*(of.acquire("name") for of in (lock, elsewhere) for _ in range(8)))
    assert sum(grant is not None for grant in grants) == (1 if excludes else 16)


async def test_a_released_lock_can_be_had_again_by_another(build: Build) -> None:
    lock, elsewhere = build(60), build(60)
    first = await lock.acquire("name")
    assert first is not None
    await elsewhere.release(first)
    second = await elsewhere.acquire("name")
    assert second is not None
    assert second.token != first.token


async def test_names_do_not_meet(lock: Lock) -> None:
    assert await lock.acquire("one") is not None
    assert await lock.acquire("two") is not None


async def test_namespaces_do_not_meet(
    strategy: str, redis: Redis, engine: AsyncEngine, namespace: str
) -> None:
    for name in ("one", "two"):
        lock = STRATEGIES[strategy](redis, engine, 60, f"{namespace}-{name}")
        assert await lock.acquire("name") is not None


async def test_a_lock_whose_owner_is_gone_passes_on_after_the_lease(build: Build) -> None:
    await build(SHORT_LEASE_S).acquire("name")
    await asyncio.sleep(SHORT_LEASE_S + 0.02)
    assert await build(60).acquire("name") is not None


async def test_a_late_release_leaves_the_next_owner_alone(build: Build, excludes: bool) -> None:
    late = await build(SHORT_LEASE_S).acquire("name")
    assert late is not None
    await asyncio.sleep(SHORT_LEASE_S + 0.02)
    lock = build(60)
    assert await lock.acquire("name") is not None
    with suppress(LockNotOwnedError):
        await lock.release(late)
    assert (await lock.acquire("name") is None) == excludes
