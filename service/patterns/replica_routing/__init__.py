"""Replica routing: spread reads over replicas without showing anyone an older world than they have seen."""

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from service.patterns.replica_routing.guide_random import GuideRandom
from service.patterns.replica_routing.lsn_token import LsnToken
from service.patterns.replica_routing.primary_only import PrimaryOnly
from service.patterns.replica_routing.protocol import Node, Read, Router


class Builder(Protocol):
    """How any strategy of the family is built."""

    def __call__(
        self,
        primary: Node,
        replicas: Sequence[Node],
        wait_s: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> Router:
        """Return a strategy. `clock` returns seconds and never goes backwards."""


STRATEGIES: dict[str, Builder] = {
    "primary_only": PrimaryOnly,
    "guide_random": GuideRandom,
    "lsn_token": LsnToken,
}
DEFAULT = "lsn_token"
NULL = "primary_only"

__all__ = ["DEFAULT", "NULL", "STRATEGIES", "Builder", "Node", "Read", "Router"]
