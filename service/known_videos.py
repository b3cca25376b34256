"""Remembers which videos exist, so that counting a view does not ask the database for it each time."""

from sqlalchemy.ext.asyncio import AsyncEngine

from service.errors import NotFoundError
from service.repositories import videos

MAXIMUM = 100_000


class KnownVideos:
    """Videos are never deleted, so one seen once exists for ever; those not seen yet are asked for."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: set[int] = set()

    async def require(self, video_id: int) -> None:
        """Return when the video exists; raises NotFoundError when it does not."""
        if video_id in self._known:
            return
        async with self._engine.connect() as connection:
            if not await videos.exists(connection, video_id):
                raise NotFoundError(f"there is no video {video_id}")
        if len(self._known) >= MAXIMUM:
            self._known.clear()
        self._known.add(video_id)
