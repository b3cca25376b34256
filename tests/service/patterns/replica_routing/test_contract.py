"""What every routing strategy does, whichever one it is."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from service.patterns.replica_routing import DEFAULT, NULL, STRATEGIES, Node, Router
from tests.service.patterns.replica_routing.session import Session

Build = Callable[..., Router]


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def router(strategy: str, primary: Node, near: Node) -> Router:
    return STRATEGIES[strategy](primary, [near])


def in_use(node: Node) -> int:
    pool = node.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_the_default_and_the_null_strategy_are_registered() -> None:
    assert {DEFAULT, NULL} <= STRATEGIES.keys()


async def test_reads_go_to_the_replica_unless_only_the_primary_is_read(
    router: Router, strategy: str, primary: Node, video_ids: list[int]
) -> None:
    _, read = await Session(router, primary, video_ids[0]).read()
    assert read.node.name == ("primary" if strategy == NULL else "replica-near")
    assert not read.fell_back


async def test_without_replicas_the_primary_is_read(
    strategy: str, primary: Node, video_ids: list[int]
) -> None:
    version, read = await Session(STRATEGIES[strategy](primary, []), primary, video_ids[0]).read()
    assert (version, read.node.name, read.fell_back) == (1, "primary", False)


async def test_each_statement_of_a_read_stands_alone(router: Router) -> None:
    async with router.read(None) as read:
        first, second = [await read.connection.scalar(text("SELECT now()")) for _ in range(2)]
    assert first < second


async def test_a_failed_statement_is_raised_and_its_connection_given_back(
    router: Router, primary: Node, near: Node
) -> None:
    with pytest.raises(DBAPIError, match="division by zero"):
        async with router.read(None) as read:
            await read.connection.scalar(text("SELECT 1 / 0"))
    assert (in_use(primary), in_use(near)) == (0, 0)


async def test_a_read_gives_its_connection_back(
    router: Router, primary: Node, near: Node, video_ids: list[int]
) -> None:
    session = Session(router, primary, video_ids[0])
    await session.write()
    await session.read()
    assert (in_use(primary), in_use(near)) == (0, 0)


async def test_a_position_is_kept_by_all_verbs_or_by_none(
    router: Router, strategy: str, primary: Node, video_ids: list[int]
) -> None:
    session = Session(router, primary, video_ids[0])
    _, read = await session.read()
    await session.write()
    keeps_positions = strategy == "lsn_token"
    assert (read.position is not None) == keeps_positions
    assert (session.seen is not None) == keeps_positions
