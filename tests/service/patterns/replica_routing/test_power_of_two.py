from collections import Counter
from contextlib import ExitStack
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.replica_routing import Node
from service.patterns.replica_routing.power_of_two import PowerOfTwo


@pytest.fixture
def nodes(dead_engine: AsyncEngine) -> list[Node]:
    return [Node(f"replica-{number}", dead_engine) for number in range(1, 5)]


def test_the_less_busy_of_two_is_chosen(nodes: list[Node]) -> None:
    chooser = PowerOfTwo(Random(1))
    for _ in range(20):
        with chooser.choose(nodes[:2]) as busy, chooser.choose(nodes[:2]) as other:
            assert busy != other


def test_one_node_is_chosen_every_time(nodes: list[Node]) -> None:
    chooser = PowerOfTwo(Random(1))
    with chooser.choose(nodes[:1]) as first, chooser.choose(nodes[:1]) as second:
        assert first == second == nodes[0]


def test_idle_nodes_are_chosen_about_equally_often(nodes: list[Node]) -> None:
    chooser, chosen = PowerOfTwo(Random(1)), Counter[str]()
    for _ in range(1000):
        with chooser.choose(nodes) as node:
            chosen[node.name] += 1
    assert all(200 < chosen[node.name] < 300 for node in nodes)


def test_outstanding_reads_spread_evenly(nodes: list[Node]) -> None:
    chooser = PowerOfTwo(Random(1))
    with ExitStack() as reads:
        chosen = Counter(reads.enter_context(chooser.choose(nodes)).name for _ in range(1000))
    assert max(chosen.values()) - min(chosen.values()) <= 5


def test_a_read_that_failed_is_no_longer_outstanding(nodes: list[Node]) -> None:
    chooser = PowerOfTwo(Random(1))
    for _ in range(10):
        with pytest.raises(ConnectionResetError), chooser.choose(nodes[:1]):
            raise ConnectionResetError
    with chooser.choose(nodes[:2]) as one, chooser.choose(nodes[:2]) as other:
        assert one != other
