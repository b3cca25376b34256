from service.patterns.replica_routing import Node
from service.patterns.replica_routing.primary_only import PrimaryOnly
from tests.service.patterns.replica_routing.session import Session


async def test_a_session_reads_its_own_writes_whatever_the_replicas_do(
    primary: Node, dead: Node, video_ids: list[int]
) -> None:
    session = Session(PrimaryOnly(primary, [dead]), primary, video_ids[0])
    for _ in range(3):
        assert await session.write() == (await session.read())[0]
