"""The buffer that is copied most: a counter in Redis, moved by a background task."""

import time
from typing import cast

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.scripts import milliseconds
from service.patterns.view_counting.protocol import Flushed

COUNT_LIFETIME_S = 300
_ADD = text("UPDATE videos SET views = views + :views WHERE id = :video_id")


class GuideBuffered:
    """A counter a video; a flusher that reads, updates, deletes, then commits. Our reading of the guide.

    Choose this when nobody minds how many views are lost.
    Guarantee: none.
    Failure mode: views that come between the flusher's GET and DELETE vanish; keys are deleted before the
    commit, so a flusher that dies loses all it read, and two flushers apply the same counts twice; counts
    expire after 300 s without a flush, or never when two first views come together; a viewer who comes twice
    at the same time counts twice; KEYS holds Redis up and sees one node of a cluster; rows are locked in no
    order.
    Round trips: 4 or 5 a view (EXISTS, SET, INCR, GET, EXPIRE); a flush takes 3 a video.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, namespace: str, dedupe_s: float = 86_400) -> None:
        self._redis = redis
        self._engine = engine
        self._prefix = f"{namespace}:views:"
        self._viewed_prefix = f"{namespace}:viewed:"
        self._dedupe_ms = milliseconds(dedupe_s)

    async def record(self, video_id: int, viewer: str) -> bool:
        """Count the view unless the viewer was marked before."""
        mark = f"{self._viewed_prefix}{video_id}:{viewer}"
        if await self._redis.exists(mark):
            return False
        await self._redis.set(mark, 1, px=self._dedupe_ms)
        count = f"{self._prefix}{video_id}"
        await self._redis.incr(count)
        if await self._redis.get(count) == b"1":
            await self._redis.expire(count, COUNT_LIFETIME_S)
        return True

    async def flush(self) -> Flushed:
        """Move each counter in turn, and commit once all are moved."""
        start_s = time.perf_counter()
        rows = views = 0
        async with self._engine.connect() as connection:
            for key in await self._keys():
                count = int(await self._redis.get(key) or 0)
                await connection.execute(_ADD, {"video_id": self._video_id(key), "views": count})
                await self._redis.delete(key)
                rows += 1
                views += count
            await connection.commit()
        return Flushed(rows, views, time.perf_counter() - start_s) if rows else Flushed()

    async def buffered(self) -> dict[int, int]:
        """Return the counters as they stand."""
        keys = await self._keys()
        counts = await self._redis.mget(keys) if keys else []
        return {self._video_id(key): int(count or 0) for key, count in zip(keys, counts, strict=True)}

    async def _keys(self) -> list[bytes]:
        return cast(list[bytes], await self._redis.keys(f"{self._prefix}*"))

    def _video_id(self, key: bytes) -> int:
        return int(key[len(self._prefix) :])
