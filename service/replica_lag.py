"""How far each replica is behind, measured: how long until it has what the primary has now.

The age of the last replayed transaction would grow on an idle primary, and jump after it.
"""

import asyncio
import logging
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.metrics import Metrics
from service.patterns.replica_routing import Node

INTERVAL_S = 0.5
FIRST_PAUSE_S = 0.001
PAUSE_GROWTH = 1.25  # pauses grow with the wait, so that a lag is known to about a tenth of itself
LONGEST_S = 30.0  # a longer lag is shown as this

# What is not flushed is not sent to replicas yet, nor acknowledged to anybody.
_FLUSHED = text("SELECT pg_current_wal_flush_lsn()::text")
_REPLAYED = text("SELECT pg_last_wal_replay_lsn() >= CAST(:position AS text)::pg_lsn")

logger = logging.getLogger(__name__)


class ReplicaLag:
    """Observes the lag of one replica."""

    def __init__(self, primary: Node, replica: Node, metrics: Metrics) -> None:
        self._primary = primary.for_reads()
        self._replica = replica.for_reads()
        self._gauge = metrics.replica_lag_seconds.labels(replica.name)
        self._histogram = metrics.replica_lag_observed_seconds

    async def run(self) -> None:
        """Observe every half second until cancelled; while a server is away, keep the last observation."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                lag_s = await self.observe()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("the lag of %s is unknown: %s", self._replica.name, error)
                continue
            self._gauge.set(lag_s)
            self._histogram.observe(lag_s)

    async def observe(self) -> float:
        """Return how many seconds the replica took to have what the primary had when this was called."""
        async with self._primary.engine.connect() as connection:
            position = await connection.scalar(_FLUSHED)
        start_s = time.monotonic()
        async with self._replica.engine.connect() as connection:
            pause_s = FIRST_PAUSE_S
            while not await connection.scalar(_REPLAYED, {"position": position}):
                if time.monotonic() - start_s > LONGEST_S:
                    break
                await asyncio.sleep(pause_s)
                pause_s *= PAUSE_GROWTH
            else:
                if pause_s == FIRST_PAUSE_S:
                    return 0.0  # it was there at the first look
        return time.monotonic() - start_s
