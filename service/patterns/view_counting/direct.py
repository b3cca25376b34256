"""No buffer: the control group."""

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.scripts import milliseconds
from service.patterns.view_counting.protocol import Flushed

_COUNT = text("UPDATE videos SET views = views + 1 WHERE id = :video_id")


class Direct:
    """Counts each view in the row at once, after Redis has said that the viewer is new.

    Choose this when views are few, or to see what a buffer is worth.
    Guarantee: an accepted view is in the database.
    Failure mode: all views of a video wait for one row, each for a commit to disk; a view whose update fails
    raises, and its viewer is not counted when asked again.
    Round trips: 2, one to each store. No flush.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, namespace: str, dedupe_s: float = 86_400) -> None:
        self._redis = redis
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._namespace = namespace
        self._dedupe_ms = milliseconds(dedupe_s)

    async def record(self, video_id: int, viewer: str) -> bool:
        """Count the view unless the viewer was marked before."""
        mark = f"{self._namespace}:viewed:{video_id}:{viewer}"
        if not await self._redis.set(mark, 1, nx=True, px=self._dedupe_ms):
            return False
        async with self._engine.connect() as connection:
            await connection.execute(_COUNT, {"video_id": video_id})
        return True

    async def flush(self) -> Flushed:
        """Do nothing: nothing is buffered."""
        return Flushed()

    async def buffered(self) -> dict[int, int]:
        """Return nothing: nothing is buffered."""
        return {}
