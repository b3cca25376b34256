"""The service in this process, over real servers and a seeded database of its own."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response

from loadstone.stack.postgres import PostgresServer
from loadstone.stack.redis import RedisServer
from service.app import create_app
from service.database import create_engine
from service.migrations import upgrade
from service.resources import Resources
from service.seed import Size, replace_everything
from service.settings import Settings

DATABASE = "service_tests"
SEEDED = Size(users=20, videos=30, follows_per_user=4, posts_per_user=3)
PASSWORD = "correct horse"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Author:
    """A user of the test's own, logged in."""

    id: int
    username: str
    headers: dict[str, str]


class Client(AsyncClient):
    """Speaks to one running service, whose resources are at hand."""

    def __init__(self, transport: ASGITransport, resources: Resources) -> None:
        super().__init__(transport=transport, base_url="http://service")
        self.resources = resources

    async def author(self) -> Author:
        """Register a user and log in."""
        username = f"author{next(_numbers)}"
        new = {"username": username, "password": PASSWORD, "display_name": "An author"}
        registered = await self.post("/users", json=new)
        assert registered.status_code == 201, registered.text
        token = (await self.post("/auth/login", json={"username": username, "password": PASSWORD})).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return Author(registered.json()["id"], username, headers)

    async def video(self, owner: Author, **fields: str) -> dict[str, Any]:
        """Describe a new video of this owner."""
        made = await self.post("/videos", json={"title": "A title", **fields}, headers=owner.headers)
        assert made.status_code == 201, made.text
        return cast(dict[str, Any], made.json())


def error_code(response: Response) -> str:
    """Return the code of an error answer; fails when it has not the one form of errors."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message"}
    return str(body["error"]["code"])


@pytest.fixture(scope="session")
def service_settings(
    postgres_primary: PostgresServer, postgres_replica: PostgresServer, redis_server: RedisServer
) -> Settings:
    """Settings of a service over a database that is migrated and seeded."""
    settings = Settings(
        environment="test",
        database_url=postgres_primary.create_database(DATABASE),
        database_read_replicas=(postgres_replica.url_of(DATABASE),),
        redis_url=redis_server.url,
        password_hash_memory_kib=8,
        password_hash_time_cost=1,
    )
    asyncio.run(_prepare(settings))
    postgres_replica.wait_until_caught_up(postgres_primary, timeout_s=10)
    return settings


async def _prepare(settings: Settings) -> None:
    engine = create_engine(settings.database_url, settings)
    await upgrade(engine)
    await replace_everything(settings, engine, 1, SEEDED)
    await engine.dispose()


Running = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def running(service_settings: Settings) -> Running:
    """Call it with other settings to run a service of these for the length of a block."""

    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[Client]:
        app = create_app(service_settings.model_copy(update=settings))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = ASGITransport(app, raise_app_exceptions=False)
            yield await stack.enter_async_context(Client(transport, app.state.resources))

    return run


@pytest.fixture
async def client(running: Running) -> AsyncIterator[Client]:
    """A client of a service with the default strategies."""
    async with running() as client:
        yield client


@pytest.fixture
async def author(client: Client) -> Author:
    return await client.author()
