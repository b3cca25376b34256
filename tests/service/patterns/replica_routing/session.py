"""A session that writes and reads one video's version, and hands on its position as a client does."""

from sqlalchemy import text

from service.patterns.replica_routing import Node, Read, Router

_WRITE = text("UPDATE videos SET version = version + 1 WHERE id = :id RETURNING version")
_READ = text("SELECT version FROM videos WHERE id = :id")


class Session:
    """Begins with `seen` None: it has seen nothing."""

    def __init__(self, router: Router, primary: Node, video_id: int) -> None:
        self._router = router
        self._primary = primary
        self._id = {"id": video_id}
        self.seen: int | None = None

    async def write(self) -> int:
        """Return the version that was written and committed."""
        async with self._primary.engine.connect() as connection:
            version = int(await connection.scalar(_WRITE, self._id) or 0)
            await connection.commit()
            self.seen = await self._router.written(connection) or self.seen
        return version

    async def read(self) -> tuple[int, Read]:
        """Return the version that was read (0 when there is no row yet), and how."""
        async with self._router.read(self.seen) as read:
            version = int(await read.connection.scalar(_READ, self._id) or 0)
        self.seen = read.position or self.seen
        return version, read
