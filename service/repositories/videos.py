"""Videos."""

from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import UnauthorizedError
from service.repositories.paging import Position, from_a_position, from_the_top, page_values
from service.schemas import NewVideo, Status, Video
from service.tables import videos

_COLUMNS = (
    videos.c.id,
    videos.c.owner_id,
    videos.c.title,
    videos.c.description,
    videos.c.status,
    videos.c.views,
    videos.c.version,
    videos.c.created_at,
)


_FIND = select(*_COLUMNS).where(videos.c.id == bindparam("id"))
_EXISTS = select(1).where(videos.c.id == bindparam("id"))
_FROM_THE_TOP = from_the_top(select(*_COLUMNS), videos)
_FROM_A_POSITION = from_a_position(select(*_COLUMNS), videos)


async def add(connection: AsyncConnection, owner_id: int, new: NewVideo) -> Video:
    """Store a video; raises UnauthorizedError when the owner does not exist (any more)."""
    values = {"owner_id": owner_id, "title": new.title, "description": new.description}
    try:
        row = (await connection.execute(insert(videos).values(values).returning(*_COLUMNS))).one()
    except IntegrityError as error:
        raise UnauthorizedError(f"there is no user {owner_id}") from error
    return Video.model_validate(row)


async def find(connection: AsyncConnection, video_id: int) -> Video | None:
    """Return a video, or None."""
    row = (await connection.execute(_FIND, {"id": video_id})).one_or_none()
    return None if row is None else Video.model_validate(row)


async def exists(connection: AsyncConnection, video_id: int) -> bool:
    """Return whether there is such a video."""
    return await connection.scalar(_EXISTS, {"id": video_id}) is not None


async def newest(connection: AsyncConnection, before: Position | None, count: int) -> list[Video]:
    """Return the next videos, newest first."""
    statement = _FROM_THE_TOP if before is None else _FROM_A_POSITION
    return [
        Video.model_validate(row) for row in await connection.execute(statement, page_values(before, count))
    ]


async def change(
    connection: AsyncConnection, video_id: int, owner_id: int, values: dict[str, Any]
) -> Video | None:
    """Set some columns and return the video in the next version; None when the owner has no such video."""
    statement = (
        update(videos)
        .where(videos.c.id == video_id, videos.c.owner_id == owner_id)
        .values(**values, version=videos.c.version + 1)
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Video.model_validate(row)


async def set_status(connection: AsyncConnection, video_id: int, status: Status, fence: int | None) -> bool:
    """Set a status under a lock's fence; return False, changing nothing, when a higher one has written here.

    `fence` is None under a lock that gives none: then every write is accepted, the late ones too.
    """
    statement = update(videos).where(videos.c.id == video_id).values(status=status)
    if fence is not None:
        statement = statement.where(videos.c.fence <= fence).values(fence=fence)
    return (await connection.execute(statement)).rowcount > 0


async def stored_views(connection: AsyncConnection) -> dict[int, int]:
    """Return the views of every video as the database has them."""
    return {row.id: row.views for row in await connection.execute(select(videos.c.id, videos.c.views))}
