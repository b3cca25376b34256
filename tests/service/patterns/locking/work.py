"""The protected write, as the service makes it."""

from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking import Grant
from tests.service.patterns.rows import execute


async def write_status(engine: AsyncEngine, video_id: int, grant: Grant, status: str) -> bool:
    """Write a status under a grant; return whether the write was accepted."""
    if grant.fence is None:
        unconditional = "UPDATE videos SET status = :status WHERE id = :id"
        return await execute(engine, unconditional, status=status, id=video_id) == 1
    fenced = "UPDATE videos SET status = :status, fence = :fence WHERE id = :id AND fence <= :fence"
    return await execute(engine, fenced, status=status, id=video_id, fence=grant.fence) == 1
