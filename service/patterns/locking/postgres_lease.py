"""A lease with a fence, in the database that the protected writes go to."""

import uuid

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.locking.protocol import Grant

# clock_timestamp(), not now(): a statement that waited for the row must see the time after the wait.
_ACQUIRE = text("""
    INSERT INTO locks AS held (name, owner, fence, expires_at)
    VALUES (:name, :owner, 1, clock_timestamp() + make_interval(secs => :lease_s))
    ON CONFLICT (name) DO UPDATE
    SET owner = excluded.owner, fence = held.fence + 1,
        expires_at = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE held.expires_at <= clock_timestamp()
    RETURNING fence
""")
# The row stays: without it the fence would begin again, and a stale holder's would be high enough.
_RELEASE = text("""
    UPDATE locks SET expires_at = '-infinity' WHERE name = :name AND owner = :owner AND fence = :fence
""")


class PostgresLease:
    """One row a name: owner, fence and expiry, by one clock; the fence grows with every grant.

    Choose this when a late write does harm and the writes go to this database: the default.
    Guarantee: with every protected write made conditional on the fence (`… SET fence = :fence WHERE id = :id
    AND fence <= :fence`), no write of an earlier holder is accepted after one of a later holder. One holder
    at a time as long as the work takes less than the lease.
    Failure mode: a holder that outlasts its lease works beside the next one until its write is refused; a
    dead holder's name stays taken for the rest of the lease. A row a name stays for good. A commit to disk
    for every acquire and release. An engine that fails raises, and whether the lease was taken is then
    unknown until it expires.
    Round trips: 1 to acquire, 1 to release.
    Source: Gray and Cheriton, Leases, SOSP 1989; the fence: Kleppmann, How to do distributed locking, 2016.
    """

    def __init__(self, redis: Redis, engine: AsyncEngine, lease_s: float, namespace: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lease_s = lease_s
        self._namespace = namespace

    async def acquire(self, name: str) -> Grant | None:
        """Return a grant with the name's next fence, or None while another's lease runs."""
        owner = uuid.uuid4().hex
        values = {"name": self._row(name), "owner": owner, "lease_s": self._lease_s}
        async with self._engine.connect() as connection:
            fence = (await connection.execute(_ACQUIRE, values)).scalar_one_or_none()
        return None if fence is None else Grant(name, owner, fence)

    async def release(self, grant: Grant) -> None:
        """Expire the lease; do nothing when it has passed to another."""
        values = {"name": self._row(grant.name), "owner": grant.token, "fence": grant.fence}
        async with self._engine.connect() as connection:
            await connection.execute(_RELEASE, values)

    def _row(self, name: str) -> str:
        return f"{self._namespace}:{name}"
