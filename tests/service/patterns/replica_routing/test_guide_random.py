"""The known faults of the guide's routing, one by one."""

from random import Random

import pytest

from service.patterns.replica_routing import Node
from service.patterns.replica_routing.guide_random import GuideRandom
from service.patterns.replica_routing.lsn_token import LsnToken
from tests.service.patterns.replica_routing.session import Session


async def test_a_session_does_not_find_what_it_has_just_written(
    primary: Node, halted: Node, video_ids: list[int]
) -> None:
    session = Session(GuideRandom(primary, [halted]), primary, video_ids[0])
    written = await session.write()
    assert (await session.read())[0] < written


async def test_reads_go_back_in_time(primary: Node, near: Node, halted: Node, video_ids: list[int]) -> None:
    writer = Session(LsnToken(primary, [near], wait_s=10), primary, video_ids[0])
    reader = Session(GuideRandom(primary, [near, halted], random=Random(1)), primary, video_ids[0])
    versions = []
    for _ in range(12):
        versions.append((await reader.read())[0])
        await writer.write()
        await writer.read()  # the near replica has come as far
    assert versions != sorted(versions)


async def test_a_dead_replica_fails_its_reads(primary: Node, dead: Node, video_ids: list[int]) -> None:
    session = Session(GuideRandom(primary, [dead]), primary, video_ids[0])
    with pytest.raises(OSError, match="Connect call failed"):
        await session.read()
