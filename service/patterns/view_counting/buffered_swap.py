"""A buffer that is set aside whole, and applied in one transaction that remembers it."""

import time
import uuid
from collections import Counter

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service.patterns.scripts import Script, milliseconds
from service.patterns.view_counting.protocol import Flushed

Batches = dict[str, Counter[int]]
"""Views by video, by the id of the batch that holds them."""

# One flusher at a time, of all processes; an earlier one commits before the next one looks.
_ONE_FLUSHER = text("SELECT pg_advisory_xact_lock(hashtextextended('view_counting', 0))")
_REMEMBER = text("""
    INSERT INTO view_batches (id, applied_at)
    SELECT id, clock_timestamp() FROM unnest(CAST(:ids AS uuid[])) AS batch (id)
    ON CONFLICT DO NOTHING
    RETURNING id
""")
_APPLIED = text("SELECT id FROM view_batches WHERE id = ANY (CAST(:ids AS uuid[]))")
# Rows are locked in the order of their ids, so that no two writers wait for each other; sorting the arrays of
# the update would not do it: the join locks in whatever order the planner likes.
_LOCK_ROWS = text("""
    SELECT FROM videos WHERE id = ANY (CAST(:video_ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")
_ADD = text("""
    UPDATE videos SET views = videos.views + added.views
    FROM unnest(CAST(:video_ids AS bigint[]), CAST(:views AS bigint[])) AS added (id, views)
    WHERE videos.id = added.id
    RETURNING added.views
""")
# A batch is long gone from Redis by then, also from a copy that Redis might fall back to; unless it could not
# be discarded all the while and is in hand again.
_FORGET = text("""
    DELETE FROM view_batches
    WHERE applied_at < clock_timestamp() - interval '1 hour' AND id <> ALL (CAST(:ids AS uuid[]))
""")


class BufferedSwap:
    """One hash of counts; a flush renames it to a batch and applies the batch, by its id, once.

    Choose this when views are many and each must count: the default.
    Guarantee: every accepted view is added exactly once, whenever flushers die, as long as Redis keeps its
    data; after `flush` returned, all that was accepted before it was called is in the database. A viewer is
    marked and counted in one step.
    Failure mode: what Redis loses is lost (with an append-only file synced each second, a second of a
    machine's crash, nothing of a process's). A flush that fails raises, and its batch is applied by the next
    one, of any process. A view whose `record` failed in transit may have been counted. All keys live in one
    slot of a cluster.
    Round trips: 1 a view; a flush takes 3 to Redis and 7 to the database, however many videos there are.
    Source: batch identifiers as in PgQ (Skytools): remember in the transaction what it has applied.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, namespace: str, dedupe_s: float = 86_400) -> None:
        self._redis = redis
        self._engine = engine
        self._slot = f"{{{namespace}}}"
        self._buffer = f"{self._slot}:buffer"
        self._batches = f"{self._slot}:batches"
        self._dedupe_ms = milliseconds(dedupe_s)
        self._record = Script(redis, __package__, "record")
        self._swap = Script(redis, __package__, "swap")

    async def record(self, video_id: int, viewer: str) -> bool:
        """Mark the viewer and count the view, or neither."""
        mark = f"{self._slot}:viewed:{video_id}:{viewer}"
        return bool(await self._record([mark, self._buffer], video_id, self._dedupe_ms))

    async def flush(self) -> Flushed:
        """Set the buffer aside and apply it, together with batches that an earlier flush left behind."""
        batch = str(uuid.uuid4())
        names = await self._swap([self._buffer, self._batch(batch), self._batches], batch)
        batches = await self._read_batches(names)
        if not batches:
            return Flushed()
        start_s = time.perf_counter()
        async with self._engine.begin() as connection:
            rows, views = await apply(connection, batches)
        busy_s = time.perf_counter() - start_s
        await self._discard(batches)
        return Flushed(rows, views, busy_s)

    async def buffered(self) -> dict[int, int]:
        """Return what waits in the buffer, and in batches that the database does not remember."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hgetall(self._buffer)
            pipeline.smembers(self._batches)
            buffer, names = await pipeline.execute()
        batches = await self._read_batches(names)
        total = counts_of(buffer)
        for batch in batches.keys() - await self._applied(batches):
            total += batches[batch]
        return dict(total)

    async def _read_batches(self, names: set[bytes] | list[bytes]) -> Batches:
        """Return the contents of batches; one that another flusher has discarded meanwhile is empty."""
        if not names:
            return {}
        ids = [name.decode() for name in names]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for batch in ids:
                pipeline.hgetall(self._batch(batch))
            contents = await pipeline.execute()
        return {batch: counts_of(counts) for batch, counts in zip(ids, contents, strict=True)}

    async def _applied(self, batches: Batches) -> set[str]:
        if not batches:
            return set()
        async with self._engine.connect() as connection:
            return {str(id) for id in await connection.scalars(_APPLIED, {"ids": list(batches)})}

    async def _discard(self, batches: Batches) -> None:
        """Remove batches whose transaction is committed."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.unlink(*map(self._batch, batches))
            pipeline.srem(self._batches, *batches)
            await pipeline.execute()

    def _batch(self, batch: str) -> str:
        return f"{self._slot}:batch:{batch}"


async def apply(connection: AsyncConnection, batches: Batches) -> tuple[int, int]:
    """Add the batches not applied before, in the transaction of `connection`; return rows and views."""
    await connection.execute(_ONE_FLUSHER)
    new = await connection.scalars(_REMEMBER, {"ids": list(batches)})
    total = sum((batches[str(id)] for id in new), Counter[int]())
    await connection.execute(_FORGET, {"ids": list(batches)})
    if not total:
        return 0, 0
    values = {"video_ids": list(total.keys()), "views": list(total.values())}
    await connection.execute(_LOCK_ROWS, {"video_ids": values["video_ids"]})
    added = (await connection.scalars(_ADD, values)).all()
    return len(added), sum(added)


def counts_of(fields: dict[bytes, bytes]) -> Counter[int]:
    """Return a Redis hash of counts as numbers."""
    return Counter({int(video_id): int(count) for video_id, count in fields.items()})
