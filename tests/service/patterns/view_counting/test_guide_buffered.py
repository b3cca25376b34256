"""The known faults of the guide's buffer, one by one."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service.patterns.view_counting.guide_buffered import GuideBuffered
from tests.service.patterns.rows import stored_views

Patch = pytest.MonkeyPatch


@pytest.fixture
def counter(redis: Redis, engine: AsyncEngine, namespace: str) -> GuideBuffered:
    return GuideBuffered(redis, engine, namespace)


async def test_a_view_between_the_flushers_get_and_delete_vanishes(
    counter: GuideBuffered, redis: Redis, engine: AsyncEngine, video_ids: list[int], monkeypatch: Patch
) -> None:
    delete = redis.delete

    async def view_then_delete(*names: Any) -> int:
        assert await counter.record(video_ids[0], "late viewer")
        return int(await delete(*names))

    await counter.record(video_ids[0], "viewer")
    monkeypatch.setattr(redis, "delete", view_then_delete)
    await counter.flush()
    assert await counter.buffered() == {}
    assert await stored_views(engine, video_ids) == {video_ids[0]: 1}


async def test_a_flusher_that_dies_before_its_commit_loses_all_it_read(
    counter: GuideBuffered, engine: AsyncEngine, video_ids: list[int], monkeypatch: Patch
) -> None:
    async def die(_: AsyncConnection) -> None:
        raise asyncio.CancelledError

    for video_id in video_ids:
        await counter.record(video_id, "viewer")
    monkeypatch.setattr(AsyncConnection, "commit", die)
    with pytest.raises(asyncio.CancelledError):
        await counter.flush()
    assert await counter.buffered() == {}
    assert await stored_views(engine, video_ids) == {}


async def test_two_flushers_apply_the_same_counts_twice(
    counter: GuideBuffered, redis: Redis, engine: AsyncEngine, video_ids: list[int], monkeypatch: Patch
) -> None:
    get, both_have_read = redis.get, asyncio.Barrier(2)

    async def get_together(name: Any) -> Any:
        value = await get(name)
        await both_have_read.wait()
        return value

    await counter.record(video_ids[0], "viewer")
    monkeypatch.setattr(redis, "get", get_together)
    await asyncio.gather(counter.flush(), counter.flush())
    assert await stored_views(engine, video_ids) == {video_ids[0]: 2}


async def test_a_viewer_who_comes_twice_at_the_same_time_counts_twice(
    counter: GuideBuffered, redis: Redis, video_ids: list[int], monkeypatch: Patch
) -> None:
    exists, both_have_looked = redis.exists, asyncio.Barrier(2)

    async def look_together(*names: Any) -> int:
        found = int(await exists(*names))
        await both_have_looked.wait()
        return found

    monkeypatch.setattr(redis, "exists", look_together)
    views = (counter.record(video_ids[0], "viewer") for _ in range(2))
    assert await asyncio.gather(*views) == [True, True]


async def test_two_first_views_at_the_same_time_leave_a_count_that_never_expires(
    counter: GuideBuffered, redis: Redis, namespace: str, video_ids: list[int], monkeypatch: Patch
) -> None:
    incr, both_have_counted = redis.incr, asyncio.Barrier(2)

    async def count_together(name: Any) -> int:
        count = int(await incr(name))
        await both_have_counted.wait()
        return count

    monkeypatch.setattr(redis, "incr", count_together)
    await asyncio.gather(*(counter.record(video_ids[0], viewer) for viewer in ("one", "two")))
    assert await redis.ttl(f"{namespace}:views:{video_ids[0]}") == -1


async def test_counts_are_gone_when_no_flush_comes_in_time(
    counter: GuideBuffered, redis: Redis, namespace: str, video_ids: list[int]
) -> None:
    await counter.record(video_ids[0], "viewer")
    assert 0 < await redis.ttl(f"{namespace}:views:{video_ids[0]}") <= 300
