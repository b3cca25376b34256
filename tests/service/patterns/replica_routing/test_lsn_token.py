"""What positions promise: a session sees its own writes, and never goes back in time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

from loadstone.stack.postgres import PostgresServer
from service.patterns.replica_routing import Node
from service.patterns.replica_routing.lsn_token import LsnToken
from tests.service.patterns.replica_routing.conftest import DELAY_S
from tests.service.patterns.replica_routing.session import Session
from tests.service.patterns.rows import DATABASE
from tests.service.patterns.waiting import until


@contextmanager
def statements_on(node: Node) -> Iterator[list[str]]:
    """Collect the statements that reach a node."""
    seen: list[str] = []

    def collect(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(node.engine.sync_engine, "before_cursor_execute", collect)
    yield seen
    event.remove(node.engine.sync_engine, "before_cursor_execute", collect)


async def test_a_replica_close_behind_serves_a_session_its_own_writes(
    primary: Node, near: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [near], wait_s=5), primary, video_ids[0])
    for _ in range(20):
        written = await session.write()
        version, read = await session.read()
        assert (version, read.node.name, read.fell_back) == (written, "replica-near", False)


async def test_a_replica_that_stands_still_is_waited_for_a_little_and_then_left(
    primary: Node, halted: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [halted], wait_s=0.03), primary, video_ids[0])
    written = await session.write()
    version, read = await session.read()
    assert (version, read.node.name, read.fell_back) == (written, "primary", True)
    assert read.waited_s >= 0.03


async def test_a_replica_serves_the_session_again_once_it_has_caught_up(
    primary: Node, far: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [far], wait_s=10), primary, video_ids[0])
    written = await session.write()
    version, read = await session.read()
    assert (version, read.node.name) == (written, "replica-far")
    assert read.waited_s > DELAY_S / 2


async def test_who_has_seen_nothing_reads_from_a_replica_that_stands_still(
    primary: Node, halted: Node, video_ids: list[int]
) -> None:
    await Session(LsnToken(primary, []), primary, video_ids[0]).write()
    version, read = await Session(LsnToken(primary, [halted]), primary, video_ids[0]).read()
    assert (version, read.node.name, read.fell_back) == (1, "replica-far", False)


async def test_sessions_read_their_own_writes_beside_replicas_of_any_delay(
    primary: Node, near: Node, far: Node, video_ids: list[int]
) -> None:
    router = LsnToken(primary, [near, far], wait_s=0.005)

    async def write_and_read(video_id: int) -> None:
        session = Session(router, primary, video_id)
        for _ in range(10):
            written = await session.write()
            assert (await session.read())[0] == written

    await asyncio.gather(*map(write_and_read, video_ids))


async def test_reads_do_not_go_back_in_time_between_servers(
    primary: Node, near: Node, halted: Node, video_ids: list[int]
) -> None:
    writer = Session(LsnToken(primary, [near], wait_s=10), primary, video_ids[0])
    router = LsnToken(primary, [near, halted], wait_s=0.005, random=Random(1))
    reader, reads = Session(router, primary, video_ids[0]), []
    for _ in range(12):
        reads.append(await reader.read())
        await writer.write()
        await writer.read()  # the near replica has come as far
    versions = [version for version, _ in reads]
    assert versions == sorted(versions)
    assert {read.node.name for _, read in reads} >= {"replica-near", "primary"}


async def test_the_position_handed_on_is_never_below_the_one_that_came_in(primary: Node, near: Node) -> None:
    async with LsnToken(primary, [near], wait_s=0).read(2**62) as read:
        pass
    assert (read.node.name, read.position) == ("primary", 2**62)


async def test_a_position_known_to_be_reached_costs_no_round_trip_before_the_read(
    primary: Node, near: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [near], wait_s=5), primary, video_ids[0])
    await session.write()
    with statements_on(near) as statements:
        await session.read()
        assert len(statements) >= 3  # is it reached, the read, the position
        statements.clear()
        await session.read()
        assert len(statements) == 2  # the read, the position


async def test_a_new_connection_makes_a_known_position_unknown(
    primary: Node, near: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [near], wait_s=5), primary, video_ids[0])
    await session.write()
    await session.read()
    await near.engine.dispose()
    with statements_on(near) as statements:
        await session.read()
    assert sum("pg_last_wal_replay_lsn" in statement for statement in statements) == 2


async def test_a_dead_replica_costs_the_attempt_and_the_primary_serves(
    primary: Node, dead: Node, video_ids: list[int]
) -> None:
    session = Session(LsnToken(primary, [dead]), primary, video_ids[0])
    written = await session.write()
    version, read = await session.read()
    assert (version, read.node.name, read.fell_back) == (written, "primary", True)


async def test_a_replica_whose_pool_is_used_up_costs_the_attempt_and_the_primary_serves(
    primary: Node, near: Node, video_ids: list[int]
) -> None:
    engine = create_async_engine(near.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    async with engine.connect():
        router = LsnToken(primary, [Node("replica-full", engine)])
        version, read = await Session(router, primary, video_ids[0]).read()
    assert (version, read.node.name, read.fell_back) == (1, "primary", True)
    await engine.dispose()


async def test_pooled_connections_that_the_server_has_closed_are_passed_over(
    primary: Node, near: Node, postgres_replica: PostgresServer, video_ids: list[int]
) -> None:
    router = LsnToken(primary, [near], wait_s=5)
    async with router.read(None) as one, router.read(None) as two:
        drivers = [(await read.connection.get_raw_connection()).driver_connection for read in (one, two)]
    postgres_replica.query(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'"
    )

    async def both_closed() -> bool:
        return all(driver is not None and driver.is_closed() for driver in drivers)

    await until(both_closed)
    version, read = await Session(router, primary, video_ids[0]).read()
    assert (version, read.node.name, read.fell_back) == (1, "replica-near", False)
