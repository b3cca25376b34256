"""Locking: one owner at a time for a job that several processes want."""

from typing import Protocol

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking.guide import Guide
from service.patterns.locking.postgres_lease import PostgresLease
from service.patterns.locking.protocol import Grant, Lock
from service.patterns.locking.unlocked import Unlocked


class Builder(Protocol):
    """How any strategy of the family is built."""

    def __call__(self, redis: Redis, engine: AsyncEngine, lease_s: float, namespace: str) -> Lock:
        """Return a strategy. The client must not retry; the engine is the primary's."""


STRATEGIES: dict[str, Builder] = {"unlocked": Unlocked, "guide": Guide, "postgres_lease": PostgresLease}
DEFAULT = "postgres_lease"
NULL = "unlocked"

__all__ = ["DEFAULT", "NULL", "STRATEGIES", "Builder", "Grant", "Lock"]
