"""Posts, and the feed made of them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Select, Table, bindparam, insert, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import UnauthorizedError
from service.repositories.paging import Position, from_a_position, from_the_top, page_values
from service.schemas import NewPost, Post
from service.tables import follows, posts

_FIND = select(posts).where(posts.c.id == bindparam("id"))


def _feed(paged: Callable[[Select[Any], Table], Select[Any]]) -> Select[Any]:
    """Return the statement that takes the newest few posts of each author from the index and merges them.

    Its work depends on how many are followed, not on how much they ever wrote.
    """
    of_author = select(posts).where(posts.c.author_id == follows.c.followed_id)
    newest = paged(of_author, posts).lateral("newest")
    of_all = select(newest).select_from(follows.join(newest, true()))
    return (
        of_all.where(follows.c.follower_id == bindparam("reader_id"))
        .order_by(newest.c.created_at.desc(), newest.c.id.desc())
        .limit(bindparam("count", type_=BigInteger))
    )


_FEED_FROM_THE_TOP = _feed(from_the_top)
_FEED_FROM_A_POSITION = _feed(from_a_position)


async def add(connection: AsyncConnection, author_id: int, new: NewPost) -> Post:
    """Store a post; raises UnauthorizedError when the author does not exist (any more)."""
    statement = insert(posts).values(author_id=author_id, text=new.text).returning(posts)
    try:
        return Post.model_validate((await connection.execute(statement)).one())
    except IntegrityError as error:
        raise UnauthorizedError(f"there is no user {author_id}") from error


async def find(connection: AsyncConnection, post_id: int) -> Post | None:
    """Return a post, or None."""
    row = (await connection.execute(_FIND, {"id": post_id})).one_or_none()
    return None if row is None else Post.model_validate(row)


async def feed(
    connection: AsyncConnection, reader_id: int, before: Position | None, count: int
) -> list[Post]:
    """Return the next posts of those whom a reader follows, newest first."""
    statement = _FEED_FROM_THE_TOP if before is None else _FEED_FROM_A_POSITION
    values = {"reader_id": reader_id, **page_values(before, count)}
    return [Post.model_validate(row) for row in await connection.execute(statement, values)]
