from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from loadstone.stack.postgres import PostgresServer
from service.database import create_engine
from service.errors import ConfigurationError
from service.migrations import upgrade
from service.redis import create_clients
from service.seed import SIZES, Size, follow_rows, post_rows, replace_everything, video_rows
from service.settings import Settings

SIZE = Size(users=10, videos=25, follows_per_user=4, posts_per_user=3)


@pytest.fixture(scope="module")
def settings(postgres_primary: PostgresServer, service_settings: Settings) -> Settings:
    url = postgres_primary.create_database("seed_tests")
    return service_settings.model_copy(update={"database_url": url, "database_read_replicas": ()})


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings.database_url, settings)
    await upgrade(engine)
    yield engine
    await engine.dispose()


async def _contents(engine: AsyncEngine) -> dict[str, list[tuple[object, ...]]]:
    columns = {
        "users": "id, username, display_name, bio, version, created_at",
        "follows": "*",
        "posts": "*",
        "videos": "*",
    }
    async with engine.connect() as connection:
        return {
            table: [
                tuple(row)
                for row in await connection.execute(text(f"SELECT {of} FROM {table} ORDER BY 1, 2"))
            ]
            for table, of in columns.items()
        }


async def test_the_same_seed_makes_the_same_data_and_replaces_what_was_there(
    settings: Settings, engine: AsyncEngine
) -> None:
    await replace_everything(settings, engine, 1, SIZE)
    first = await _contents(engine)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE videos SET views = 5"))
        await connection.execute(text("INSERT INTO posts (author_id, text) VALUES (1, 'another')"))
    await replace_everything(settings, engine, 1, SIZE)
    assert await _contents(engine) == first
    await replace_everything(settings, engine, 2, SIZE)
    assert await _contents(engine) != first


async def test_new_rows_get_the_ids_after_the_seeded_ones(settings: Settings, engine: AsyncEngine) -> None:
    await replace_everything(settings, engine, 1, SIZE)
    async with engine.begin() as connection:
        insert = text("INSERT INTO videos (owner_id, title) VALUES (1, 'x') RETURNING id, views")
        assert tuple((await connection.execute(insert)).one()) == (SIZE.videos + 1, 0)


async def test_what_redis_knew_of_the_data_before_is_forgotten(
    settings: Settings, engine: AsyncEngine
) -> None:
    redis = create_clients(settings)
    await redis.once.set("service:cache:video:1", "old")
    await redis.once.set("{service:views}:buffer", "old")
    foreign = ("someone-elses", "microservice:users", "{microservice:views}:buffer")
    await redis.once.mset(dict.fromkeys(foreign, "kept"))
    await replace_everything(settings, engine, 1, SIZE)
    assert await redis.once.exists("service:cache:video:1", "{service:views}:buffer") == 0
    assert await redis.once.delete(*foreign) == len(foreign)
    await redis.aclose()


async def test_production_is_not_seeded(settings: Settings, engine: AsyncEngine) -> None:
    await replace_everything(settings, engine, 1, SIZE)
    before = await _contents(engine)
    production = settings.model_copy(update={"environment": "production"})
    with pytest.raises(ConfigurationError, match="production"):
        await replace_everything(production, engine, 2, SIZE)
    assert await _contents(engine) == before


@pytest.mark.parametrize("size", [SIZE, SIZES["small"], Size(users=1, videos=1)])
def test_rows_are_as_many_as_the_size_says_and_fit_together(size: Size) -> None:
    everybody = range(1, size.users + 1)
    followed = Counter(follower for follower, _ in follow_rows(size, 1))
    assert max(followed.values(), default=0) <= size.follows_per_user
    assert all(other in everybody and other != one for one, other in follow_rows(size, 1))
    assert len(set(follow_rows(size, 1))) == followed.total()
    posts = list(post_rows(size, 1))
    assert [post[0] for post in posts] == list(range(1, size.users * size.posts_per_user + 1))
    assert all(post[1] in everybody for post in posts)
    assert all(video[1] == (video[0] - 1) % size.users + 1 for video in video_rows(size, 1))
