"""Caching: keep the answer of a slow load near, without serving it too long after it changed."""

from typing import Protocol

from redis.asyncio import Redis

from service.patterns.caching.guide import Guide
from service.patterns.caching.lease import Lease
from service.patterns.caching.protocol import Cache, Cached, Load
from service.patterns.caching.uncached import Uncached


class Builder(Protocol):
    """How any strategy of the family is built."""

    def __call__(self, redis: Redis, namespace: str, lease_s: float = 10) -> Cache:
        """Return a strategy. The client answers in bytes and may retry: all commands can be repeated."""


STRATEGIES: dict[str, Builder] = {"uncached": Uncached, "guide": Guide, "lease": Lease}
DEFAULT = "lease"
NULL = "uncached"

__all__ = ["DEFAULT", "NULL", "STRATEGIES", "Builder", "Cache", "Cached", "Load"]
