import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from loadstone.stack.postgres import PostgresServer
from service.metrics import Metrics
from service.replica_lag import ReplicaLag
from tests.service.conftest import Client

PAUSED_S = 0.3


@pytest.fixture
def paused_replica(postgres_replica: PostgresServer) -> Iterator[PostgresServer]:
    """A replica that receives and does not replay."""
    postgres_replica.query("SELECT pg_wal_replay_pause()")
    while postgres_replica.query("SELECT pg_get_wal_replay_pause_state()").strip() != "paused":
        pass
    yield postgres_replica
    postgres_replica.query("SELECT pg_wal_replay_resume()")


def _lag(client: Client) -> ReplicaLag:
    return ReplicaLag(client.resources.primary, client.resources.replicas[0], Metrics())


async def test_a_replica_that_keeps_up_has_a_small_lag(client: Client) -> None:
    await client.author()
    assert await _lag(client).observe() < PAUSED_S


async def test_the_lag_is_how_long_the_replica_needs_for_what_the_primary_has(
    client: Client, paused_replica: PostgresServer
) -> None:
    async with client.resources.writer.connect() as connection:
        await connection.execute(text("UPDATE videos SET description = 'x' WHERE id = 1"))
    observation = asyncio.create_task(_lag(client).observe())
    await asyncio.sleep(PAUSED_S)
    assert not observation.done()
    paused_replica.query("SELECT pg_wal_replay_resume()")
    assert PAUSED_S / 2 < await observation < 5
