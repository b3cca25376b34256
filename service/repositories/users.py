"""Users."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import ConflictError
from service.schemas import NewUser, User
from service.tables import follows, users

_followers = select(func.count()).where(follows.c.followed_id == users.c.id).scalar_subquery()
_following = select(func.count()).where(follows.c.follower_id == users.c.id).scalar_subquery()
_COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.display_name,
    users.c.bio,
    users.c.version,
    _followers.label("followers"),
    _following.label("following"),
)


_FIND = select(*_COLUMNS).where(users.c.id == bindparam("id"))


class Login(NamedTuple):
    """What logging in needs to know of a user."""

    id: int
    password_hash: str


async def add(connection: AsyncConnection, new: NewUser, password_hash: str) -> User:
    """Store a user who has and is followed by nobody; raises ConflictError when the name is taken."""
    statement = (
        insert(users)
        .values(username=new.username, display_name=new.display_name, password_hash=password_hash)
        .returning(*_COLUMNS[:5], literal(0).label("followers"), literal(0).label("following"))
    )
    try:
        row = (await connection.execute(statement)).one()
    except IntegrityError as error:
        raise ConflictError(f"the user name '{new.username}' is taken") from error
    return User.model_validate(row)


async def find(connection: AsyncConnection, user_id: int) -> User | None:
    """Return a user, or None."""
    row = (await connection.execute(_FIND, {"id": user_id})).one_or_none()
    return None if row is None else User.model_validate(row)


async def find_login(connection: AsyncConnection, username: str) -> Login | None:
    """Return a user's id and password hash, or None when nobody has the name."""
    if "\0" in username:
        return None  # PostgreSQL would not take the character
    statement = select(users.c.id, users.c.password_hash).where(users.c.username == username)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Login(*row)


async def change(connection: AsyncConnection, user_id: int, values: dict[str, Any]) -> User | None:
    """Set some columns and return the user in the next version, or None."""
    statement = (
        update(users)
        .where(users.c.id == user_id)
        .values(**values, version=users.c.version + 1)
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else User.model_validate(row)
