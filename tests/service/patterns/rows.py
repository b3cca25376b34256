"""What the tests ask the tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

DATABASE = "patterns"


async def execute(engine: AsyncEngine, sql: str, **values: Any) -> int:
    """Run one statement in a transaction of its own; return how many rows it changed."""
    async with engine.begin() as connection:
        return (await connection.execute(text(sql), values)).rowcount


async def scalar(engine: AsyncEngine, sql: str, **values: Any) -> Any:
    """Return the first value of a query."""
    async with engine.connect() as connection:
        return await connection.scalar(text(sql), values)


async def stored_views(engine: AsyncEngine, video_ids: Sequence[int]) -> dict[int, int]:
    """Return the views in the database of those of the videos that have any."""
    query = text("SELECT id, views FROM videos WHERE id = ANY (:ids) AND views > 0")
    async with engine.connect() as connection:
        return {row.id: row.views for row in await connection.execute(query, {"ids": list(video_ids)})}
