"""Data to load the service with: the same for the same seed and size."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service.errors import ConfigurationError
from service.redis import KEY_PATTERNS, create_clients
from service.security import Passwords
from service.settings import Settings
from service.tables import follows, metadata, posts, users, videos

PASSWORD = "loadstone"  # of every seeded user: one hash, however many users
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "amber brook cedar delta ember fjord grove harbor island juniper kelp lagoon meadow north ocean"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How much data: users, whom each follows, what each wrote, and videos."""

    users: int = 200
    videos: int = 1000
    follows_per_user: int = 20
    posts_per_user: int = 10


SIZES = {
    "small": Size(),
    "medium": Size(users=2_000, videos=20_000),
    "large": Size(users=20_000, videos=200_000, follows_per_user=50, posts_per_user=50),
}


async def replace_everything(settings: Settings, engine: AsyncEngine, seed: int, size: Size) -> None:
    """Replace what the service keeps in PostgreSQL and Redis; raises ConfigurationError in production."""
    if settings.is_production:
        raise ConfigurationError("ENVIRONMENT is 'production', where seeding would replace real data.")
    passwords = Passwords(settings.password_hash_memory_kib, settings.password_hash_time_cost)
    await replace_data(engine, seed, size, await passwords.hash(PASSWORD))
    redis = create_clients(settings)
    try:
        await forget_keys(redis.repeating)
    finally:
        await redis.aclose()


async def replace_data(engine: AsyncEngine, seed: int, size: Size, password_hash: str) -> None:
    """Remove all data from the service's tables and fill them anew, in one transaction."""
    rows = {
        users: user_rows(size, password_hash),
        follows: follow_rows(size, seed),
        posts: post_rows(size, seed),
        videos: video_rows(size, seed),
    }
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
        for (table, columns), values in zip(COLUMNS.items(), rows.values(), strict=True):
            await _copy(connection, table, columns, values)
        await connection.execute(text(f"ANALYZE {', '.join(table.name for table in rows)}"))


async def forget_keys(redis: Redis) -> None:
    """Remove every key of the service: what is cached or counted there is of the data before."""
    keys = [key for pattern in KEY_PATTERNS async for key in redis.scan_iter(match=pattern, count=1000)]
    for start in range(0, len(keys), 1000):
        await redis.unlink(*keys[start : start + 1000])


# What is copied, in an order that satisfies the references.
COLUMNS: dict[Table, tuple[str, ...]] = {
    users: ("id", "username", "password_hash", "display_name", "bio", "created_at"),
    follows: ("follower_id", "followed_id"),
    posts: ("id", "author_id", "text", "created_at"),
    videos: ("id", "owner_id", "title", "description", "created_at"),
}


def user_rows(size: Size, password_hash: str) -> Iterator[Row]:
    """Yield the users user1, user2 and so on."""
    for id in range(1, size.users + 1):
        yield id, f"user{id}", password_hash, f"User {id}", f"Hello, I am user {id}.", START


def follow_rows(size: Size, seed: int) -> Iterator[Row]:
    """Yield about `follows_per_user` follows of each user, none of oneself."""
    random = Random(f"follows {seed}")
    everybody = range(1, size.users + 1)
    for follower in everybody:
        followed = random.sample(everybody, min(size.follows_per_user, size.users))
        yield from ((follower, other) for other in followed if other != follower)


def post_rows(size: Size, seed: int) -> Iterator[Row]:
    """Yield posts a minute apart, of users drawn at random, `posts_per_user` of each on average."""
    random = Random(f"posts {seed}")
    for id in range(1, size.users * size.posts_per_user + 1):
        author = random.randint(1, size.users)
        yield id, author, f"Post {id}: {_phrase(random)}.", START + timedelta(minutes=id)


def video_rows(size: Size, seed: int) -> Iterator[Row]:
    """Yield videos a minute apart, owned by the users in turn."""
    random = Random(f"videos {seed}")
    for id in range(1, size.videos + 1):
        owner = (id - 1) % size.users + 1
        description = " ".join(_phrase(random) for _ in range(5))
        yield id, owner, f"Video {id}: {_phrase(random)}", description, START + timedelta(minutes=id)


def _phrase(random: Random) -> str:
    return " ".join(random.choices(WORDS.split(), k=5))


async def _copy(
    connection: AsyncConnection, table: Table, columns: tuple[str, ...], rows: Iterator[Row]
) -> None:
    """Copy rows into a table, and let its ids go on after them."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.copy_records_to_table(table.name, records=rows, columns=columns)
    if "id" in columns:
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        await connection.execute(text(f"SELECT setval({sequence}, max(id)) FROM {table.name}"))
