"""Drivers as the service builds them, and a name that no other test uses."""

import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from loadstone.stack.ports import LOOPBACK
from loadstone.stack.postgres import PostgresServer
from loadstone.stack.redis import RedisServer
from service.tables import metadata
from tests.service.patterns.rows import DATABASE

CLOSED_PORT = 1  # nobody listens there


def client(url: str) -> Redis:
    """Return a client that sends each command once."""
    pool = BlockingConnectionPool.from_url(
        url, max_connections=50, timeout=5, socket_timeout=5, retry=Retry(NoBackoff(), 0)
    )
    return Redis.from_pool(pool)


def engine_of(url: str) -> AsyncEngine:
    """Return an engine without pre-ping."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), pool_size=20, max_overflow=0
    )


@pytest.fixture
def namespace() -> str:
    return uuid.uuid4().hex


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    async with client(redis_server.url) as redis:
        yield redis


@pytest.fixture
async def dead_redis() -> AsyncIterator[Redis]:
    """A client whose server is away."""
    async with client(f"redis://{LOOPBACK}:{CLOSED_PORT}") as redis:
        yield redis


@pytest.fixture(scope="session")
def database_url(postgres_primary: PostgresServer) -> str:
    return postgres_primary.create_database(DATABASE)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine of the primary; the tables are there, and as empty as other tests left them."""
    engine = engine_of(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def dead_engine() -> AsyncIterator[AsyncEngine]:
    """An engine whose server is away."""
    engine = engine_of(f"postgresql://nobody@{LOOPBACK}:{CLOSED_PORT}/nothing")
    yield engine
    await engine.dispose()


@pytest.fixture
async def owner(engine: AsyncEngine) -> int:
    """The id of a user who may own videos."""
    insert = text(
        "INSERT INTO users (username, password_hash, display_name) VALUES (:name, '', '') RETURNING id"
    )
    async with engine.begin() as connection:
        return int(await connection.scalar(insert, {"name": uuid.uuid4().hex}) or 0)


@pytest.fixture
async def video_ids(engine: AsyncEngine, owner: int) -> list[int]:
    """Ten new videos without views."""
    insert = text(
        "INSERT INTO videos (owner_id, title) "
        "SELECT :owner, 'a title' FROM generate_series(1, 10) RETURNING id"
    )
    async with engine.begin() as connection:
        return [int(id) for id in await connection.scalars(insert, {"owner": owner})]
