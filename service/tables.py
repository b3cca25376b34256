"""The tables. `migrations/` makes them; a test compares the two."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
)

STATUSES = ("queued", "processing", "completed", "failed")
ENTRIES = ("ask", "enter", "write", "refused_write", "leave")

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(), primary_key=True)


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str, default: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=sa.text(default))


def _reference(name: str, target: str, *, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=False, primary_key=primary_key)


def _created_at() -> Column[datetime]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=column)


users = Table(
    "users",
    metadata,
    _id(),
    Column("username", Text, nullable=False, unique=True),
    _text("password_hash"),
    _text("display_name"),
    _text("bio", ""),
    _number("version", "1"),
    _created_at(),
)

follows = Table(
    "follows",
    metadata,
    _reference("follower_id", "users.id", primary_key=True),
    _reference("followed_id", "users.id", primary_key=True),
    CheckConstraint("follower_id <> followed_id", name="not_oneself"),
)
Index("follows_followed", follows.c.followed_id)

posts = Table(
    "posts",
    metadata,
    _id(),
    _reference("author_id", "users.id"),
    _text("text"),
    _created_at(),
)
# The feed takes the newest few of each author from here, already in its order.
Index("posts_feed", posts.c.author_id, posts.c.created_at.desc(), posts.c.id.desc())

videos = Table(
    "videos",
    metadata,
    _id(),
    _reference("owner_id", "users.id"),
    _text("title"),
    _text("description", ""),
    _text("status", "queued"),
    _number("views", "0"),
    _number("version", "1"),
    _number("fence", "0"),  # the highest fence that has written here; a lower one is refused
    _created_at(),
    _one_of("status", STATUSES),
    postgresql_with={"fillfactor": 80},  # room for the many updates of `views` on the row's own page
)
Index("videos_newest", videos.c.created_at.desc(), videos.c.id.desc())

locks = Table(
    "locks",
    metadata,
    Column("name", Text, primary_key=True),
    _text("owner"),
    _number("fence", "0"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

view_batches = Table(
    "view_batches",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("view_batches_applied", view_batches.c.applied_at)

processing_journal = Table(
    "processing_journal",
    metadata,
    _id(),
    _reference("video_id", "videos.id"),
    Column("job", sa.Uuid, nullable=False),
    Column("fence", BigInteger),
    _text("entry"),
    Column("status", Text),
    # The moment itself, not the transaction's beginning: the write entry is made under the row lock.
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    _one_of("entry", ENTRIES),
)
