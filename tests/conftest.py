"""Real servers that many tests share; each test takes a database or key space of its own."""

from collections.abc import Iterator

import pytest

from loadstone.stack.guardian import Guardian
from loadstone.stack.postgres import PostgresServer, start_primary, start_replica
from loadstone.stack.redis import RedisServer


@pytest.fixture(scope="session")
def guardian() -> Iterator[Guardian]:
    """End what the session's servers leave, whatever ends the session."""
    with Guardian() as guardian:
        yield guardian


@pytest.fixture(scope="session")
def postgres_primary(guardian: Guardian) -> PostgresServer:
    """A PostgreSQL server; call `create_database(name)` for a database of your own."""
    return start_primary(guardian)


@pytest.fixture(scope="session")
def postgres_replica(postgres_primary: PostgresServer) -> PostgresServer:
    """A replica that streams from the primary; `url_of(name)` is the same database there."""
    return start_replica(postgres_primary)


@pytest.fixture(scope="session")
def redis_server(guardian: Guardian) -> RedisServer:
    """A Valkey server that speaks Redis's protocol."""
    server = RedisServer(guardian)
    server.wait_until_ready()
    return server
