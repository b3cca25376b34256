"""The power of two choices: of two drawn at random, the less busy."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from service.patterns.replica_routing.protocol import Node


class PowerOfTwo:
    """Chooses the one with fewer reads outstanding of two different nodes drawn at random.

    Choose this when servers answer unequally fast: a slow one collects outstanding reads and is passed over,
    and yet not all callers run to the same idle one at once.
    Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._outstanding: Counter[str] = Counter()

    @contextmanager
    def choose(self, nodes: Sequence[Node]) -> Iterator[Node]:
        """Yield one of the nodes; it counts as outstanding until the block ends."""
        drawn = self._random.sample(nodes, min(2, len(nodes)))
        node = min(drawn, key=lambda candidate: self._outstanding[candidate.name])
        self._outstanding[node.name] += 1
        try:
            yield node
        finally:
            self._outstanding[node.name] -= 1
