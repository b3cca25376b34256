"""Who follows whom."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import NotFoundError
from service.tables import follows


async def add(connection: AsyncConnection, follower_id: int, followed_id: int) -> None:
    """Let one user follow another from now on; raises NotFoundError when there is no such user."""
    statement = insert(follows).values(follower_id=follower_id, followed_id=followed_id)
    try:
        await connection.execute(statement.on_conflict_do_nothing())
    except IntegrityError as error:
        raise NotFoundError(f"there is no user {followed_id}") from error


async def remove(connection: AsyncConnection, follower_id: int, followed_id: int) -> None:
    """Let one user no longer follow another, if they did."""
    statement = delete(follows).where(
        follows.c.follower_id == follower_id, follows.c.followed_id == followed_id
    )
    await connection.execute(statement)
