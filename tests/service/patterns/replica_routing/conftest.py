"""Nodes on real servers: a primary, a replica close behind, and one far behind."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from loadstone.stack.postgres import PostgresServer, start_replica
from service.patterns.replica_routing import Node
from tests.service.patterns.conftest import engine_of
from tests.service.patterns.rows import DATABASE

DELAY_S = 0.4


@pytest.fixture(scope="session")
def delayed_replica(postgres_primary: PostgresServer) -> PostgresServer:
    """A replica that applies each commit `DELAY_S` after it was made."""
    return start_replica(postgres_primary, "replica-routing-delayed", apply_delay_s=DELAY_S)


@pytest.fixture
def primary(engine: AsyncEngine) -> Node:
    return Node("primary", engine)


@pytest.fixture
async def near(
    video_ids: list[int], postgres_primary: PostgresServer, postgres_replica: PostgresServer
) -> AsyncIterator[Node]:
    """A replica that has the test's videos and follows closely."""
    postgres_replica.wait_until_caught_up(postgres_primary, timeout_s=10)
    engine = engine_of(postgres_replica.url_of(DATABASE))
    yield Node("replica-near", engine)
    await engine.dispose()


@pytest.fixture
async def far(
    video_ids: list[int], postgres_primary: PostgresServer, delayed_replica: PostgresServer
) -> AsyncIterator[Node]:
    """A replica that has the test's videos and shows each commit `DELAY_S` late."""
    delayed_replica.wait_until_caught_up(postgres_primary, timeout_s=10)
    engine = engine_of(delayed_replica.url_of(DATABASE))
    yield Node("replica-far", engine)
    await engine.dispose()


@pytest.fixture
def halted(far: Node, video_ids: list[int], delayed_replica: PostgresServer) -> Iterator[Node]:
    """A replica that has the test's videos and applies nothing more."""

    def is_paused() -> bool:
        return delayed_replica.query("SELECT pg_get_wal_replay_pause_state()") == "paused"

    delayed_replica.query("SELECT pg_wal_replay_pause()")
    try:
        delayed_replica.process.wait_until(is_paused, "pause", timeout_s=10)
        yield far
    finally:
        delayed_replica.query("SELECT pg_wal_replay_resume()")


@pytest.fixture
def dead(dead_engine: AsyncEngine) -> Node:
    """A replica that nobody can connect to."""
    return Node("replica-dead", dead_engine)
