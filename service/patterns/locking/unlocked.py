"""No lock: the control group."""

import uuid

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking.protocol import Grant


class Unlocked:
    """Grants everything to everybody.

    Choose this when doing the work twice at once is harmless, or to see what a lock costs.
    Guarantee: none. Failure mode: any number of owners. Round trips: 0.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, lease_s: float, namespace: str) -> None:
        pass

    async def acquire(self, name: str) -> Grant | None:
        """Grant."""
        return Grant(name, uuid.uuid4().hex)

    async def release(self, grant: Grant) -> None:
        """Do nothing."""
