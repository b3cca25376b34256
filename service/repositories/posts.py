"""Posts, and the feed made of them."""

from sqlalchemy import insert, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import UnauthorizedError
from service.repositories.paging import Position, newest_first
from service.schemas import NewPost, Post
from service.tables import follows, posts


async def add(connection: AsyncConnection, author_id: int, new: NewPost) -> Post:
    """Store a post; raises UnauthorizedError when the author does not exist (any more)."""
    statement = insert(posts).values(author_id=author_id, text=new.text).returning(posts)
    try:
        return Post.model_validate((await connection.execute(statement)).one())
    except IntegrityError as error:
        raise UnauthorizedError(f"there is no user {author_id}") from error


async def find(connection: AsyncConnection, post_id: int) -> Post | None:
    """Return a post, or None."""
    row = (await connection.execute(select(posts).where(posts.c.id == post_id))).one_or_none()
    return None if row is None else Post.model_validate(row)


async def feed(
    connection: AsyncConnection, reader_id: int, before: Position | None, count: int
) -> list[Post]:
    """Return the next posts of those whom a reader follows, newest first.

    Takes the newest few of each author from the index and merges them: the work depends on how many are
    followed, not on how much they ever wrote.
    """
    of_author = select(posts).where(posts.c.author_id == follows.c.followed_id)
    newest = newest_first(of_author, posts, before, count).lateral("newest")
    statement = (
        select(newest)
        .select_from(follows.join(newest, true()))
        .where(follows.c.follower_id == reader_id)
        .order_by(newest.c.created_at.desc(), newest.c.id.desc())
        .limit(count)
    )
    return [Post.model_validate(row) for row in await connection.execute(statement)]
