"""What every view counting strategy does, whichever one it is."""

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.view_counting import DEFAULT, NULL, STRATEGIES, Flushed, ViewCounter
from tests.service.patterns.rows import stored_views

Build = Callable[..., ViewCounter]


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(strategy: str, redis: Redis, engine: AsyncEngine, namespace: str) -> Build:
    return lambda **more: STRATEGIES[strategy](redis, engine, namespace, **more)


@pytest.fixture
def counter(build: Build) -> ViewCounter:
    return build()


def test_the_default_and_the_null_strategy_are_registered() -> None:
    assert {DEFAULT, NULL} <= STRATEGIES.keys()


async def test_a_viewer_counts_once_a_video(counter: ViewCounter, video_ids: list[int]) -> None:
    one, two = video_ids[:2]
    assert await counter.record(one, "viewer")
    assert not await counter.record(one, "viewer")
    assert await counter.record(two, "viewer")
    assert await counter.record(one, "another viewer")


async def test_a_viewer_counts_again_when_forgotten(build: Build, video_ids: list[int]) -> None:
    counter = build(dedupe_s=0.03)
    assert await counter.record(video_ids[0], "viewer")
    await asyncio.sleep(0.06)
    assert await counter.record(video_ids[0], "viewer")


async def test_accepted_views_are_in_the_buffer_or_the_database_and_after_a_flush_in_the_database(
    counter: ViewCounter, engine: AsyncEngine, video_ids: list[int]
) -> None:
    expected = {video_id: number for number, video_id in enumerate(video_ids[:4], start=1)}
    for video_id, views in expected.items():
        for viewer in range(views):
            assert await counter.record(video_id, str(viewer))
    assert await counter.buffered() | await stored_views(engine, video_ids) == expected
    await counter.flush()
    assert await counter.buffered() == {}
    assert await stored_views(engine, video_ids) == expected


async def test_a_flush_tells_what_it_moved(counter: ViewCounter, strategy: str, video_ids: list[int]) -> None:
    for viewer in range(5):
        await counter.record(video_ids[viewer % 2], str(viewer))
    flushed = await counter.flush()
    if strategy == NULL:
        assert flushed == Flushed()
    else:
        assert (flushed.rows, flushed.views) == (2, 5)
        assert flushed.busy_s > 0


async def test_a_flush_of_nothing_moves_nothing(counter: ViewCounter) -> None:
    assert await counter.flush() == Flushed()


async def test_views_are_added_to_those_already_stored(
    counter: ViewCounter, engine: AsyncEngine, video_ids: list[int]
) -> None:
    for viewer in ("one", "two"):
        await counter.record(video_ids[0], viewer)
        await counter.flush()
    assert await stored_views(engine, video_ids) == {video_ids[0]: 2}
