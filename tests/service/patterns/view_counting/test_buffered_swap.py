"""What the swapped buffer promises: every accepted view is added exactly once, whoever dies when."""

import asyncio
import random

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.view_counting.buffered_swap import BufferedSwap
from tests.service.patterns.rows import execute, scalar, stored_views


@pytest.fixture
def counter(redis: Redis, engine: AsyncEngine, namespace: str) -> BufferedSwap:
    return BufferedSwap(redis, engine, namespace)


@pytest.fixture
def elsewhere(redis: Redis, engine: AsyncEngine, namespace: str) -> BufferedSwap:
    """The same counter in another process: it shares nothing but the servers."""
    return BufferedSwap(redis, engine, namespace)


async def test_no_view_is_lost_or_doubled_while_two_processes_record_and_flush(
    counter: BufferedSwap, elsewhere: BufferedSwap, engine: AsyncEngine, video_ids: list[int]
) -> None:
    counters, accepted = (counter, elsewhere), dict.fromkeys(video_ids, 0)
    draw = random.Random(1)

    async def view() -> None:
        for _ in range(100):
            video_id = draw.choice(video_ids)
            viewer = draw.randrange(100)  # now and then one who was counted already
            counted = await draw.choice(counters).record(video_id, str(viewer))
            accepted[video_id] += counted

    async def flush(counter: BufferedSwap, viewers: "asyncio.Future[list[None]]") -> None:
        while not viewers.done():
            await counter.flush()

    viewers = asyncio.gather(*(view() for _ in range(20)))
    await asyncio.gather(viewers, *(flush(counter, viewers) for counter in counters))
    await counter.flush()
    assert sum(accepted.values()) > 500
    assert await stored_views(engine, video_ids) == {id: views for id, views in accepted.items() if views}
    assert await counter.buffered() == {}


async def test_a_viewer_who_comes_many_times_at_once_counts_once(
    counter: BufferedSwap, elsewhere: BufferedSwap, video_ids: list[int]
) -> None:
    views = (of.record(video_ids[0], "viewer") for of in (counter, elsewhere) for _ in range(20))
    assert sum(await asyncio.gather(*views)) == 1
    assert await counter.buffered() == {video_ids[0]: 1}


async def test_a_flush_that_fails_before_its_commit_leaves_its_batch_to_the_next_one(
    redis: Redis,
    dead_engine: AsyncEngine,
    engine: AsyncEngine,
    counter: BufferedSwap,
    namespace: str,
    video_ids: list[int],
) -> None:
    await counter.record(video_ids[0], "viewer")
    with pytest.raises(OSError, match="Connect call failed"):
        await BufferedSwap(redis, dead_engine, namespace).flush()
    await counter.record(video_ids[0], "another viewer")
    assert await counter.buffered() == {video_ids[0]: 2}
    flushed = await counter.flush()
    assert (flushed.rows, flushed.views) == (1, 2)
    assert await stored_views(engine, video_ids) == {video_ids[0]: 2}


async def test_a_flush_that_dies_after_its_commit_is_not_applied_again(
    counter: BufferedSwap,
    elsewhere: BufferedSwap,
    engine: AsyncEngine,
    redis: Redis,
    video_ids: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def die(_: object) -> None:
        raise asyncio.CancelledError

    await counter.record(video_ids[0], "viewer")
    monkeypatch.setattr(counter, "_discard", die)
    with pytest.raises(asyncio.CancelledError):
        await counter.flush()
    assert await elsewhere.buffered() == {}
    assert (await elsewhere.flush()).views == 0
    assert await stored_views(engine, video_ids) == {video_ids[0]: 1}


async def test_a_flush_leaves_no_key_but_the_viewers_marks(
    counter: BufferedSwap, redis: Redis, namespace: str, video_ids: list[int]
) -> None:
    await counter.record(video_ids[0], "viewer")
    await counter.flush()
    mark = f"{{{namespace}}}:viewed:{video_ids[0]}:viewer".encode()
    assert [key async for key in redis.scan_iter(f"*{namespace}*", count=10_000)] == [mark]


async def test_views_of_a_video_that_is_gone_do_not_hold_up_the_others(
    counter: BufferedSwap, engine: AsyncEngine, video_ids: list[int]
) -> None:
    gone, here = video_ids[:2]
    for video_id in (gone, here):
        await counter.record(video_id, "viewer")
    await execute(engine, "DELETE FROM videos WHERE id = :id", id=gone)
    flushed = await counter.flush()
    assert (flushed.rows, flushed.views) == (1, 1)
    assert await stored_views(engine, video_ids) == {here: 1}


async def test_batches_long_applied_are_forgotten(
    counter: BufferedSwap, engine: AsyncEngine, video_ids: list[int]
) -> None:
    old = "INSERT INTO view_batches (id, applied_at) VALUES (gen_random_uuid(), now() - interval '2 hours')"
    await execute(engine, old)
    await counter.record(video_ids[0], "viewer")
    await counter.flush()
    remembered = "SELECT count(*) FILTER (WHERE applied_at < now() - interval '1 hour') FROM view_batches"
    assert await scalar(engine, remembered) == 0
    assert await scalar(engine, "SELECT count(*) FROM view_batches") > 0


async def test_a_batch_that_could_not_be_discarded_for_hours_is_not_applied_again(
    counter: BufferedSwap, engine: AsyncEngine, video_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise ConnectionError

    await counter.record(video_ids[0], "viewer")
    with monkeypatch.context() as patch:
        patch.setattr(counter, "_discard", fail)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await counter.flush()
            await execute(engine, "UPDATE view_batches SET applied_at = now() - interval '2 hours'")
    await counter.flush()
    assert await stored_views(engine, video_ids) == {video_ids[0]: 1}
