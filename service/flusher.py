"""Moves buffered views to the database every so often."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager

from service.metrics import Metrics
from service.patterns.view_counting import ViewCounter

FLUSHES_OF_A_DRAIN = 10  # a bound: while views keep coming, a buffer need not ever be empty

logger = logging.getLogger(__name__)


class Flusher:
    """Flushes a view counter, counts what the flushes did, and keeps on when one fails.

    One flush at a time in this process: a counter that counts twice when two meet should meet them only where
    there are several processes.
    """

    def __init__(self, counter: ViewCounter, metrics: Metrics, interval_s: float) -> None:
        self._counter = counter
        self._metrics = metrics
        self._interval_s = interval_s
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Flush every `interval_s` seconds until cancelled. What a failed flush leaves, the next takes."""
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self.count_buffered()
                await self.flush()
            except Exception:
                self._metrics.view_flush_errors.inc()
                logger.exception("views could not be flushed; trying again in %s s", self._interval_s)

    async def flush(self) -> None:
        """Flush once."""
        async with self._turn:
            flushed = await self._counter.flush()
        self._metrics.view_flushed_rows.inc(flushed.rows)
        self._metrics.view_flushed_views.inc(flushed.views)
        self._metrics.view_flush_busy_seconds.inc(flushed.busy_s)

    def paused(self) -> AbstractAsyncContextManager[None]:
        """Keep this process from flushing for the length of a block."""
        return self._turn

    async def drain(self) -> int:
        """Flush until nothing is buffered, a bounded number of times; return how many views still are."""
        for _ in range(FLUSHES_OF_A_DRAIN):
            await self.flush()
            if (left := await self.count_buffered()) == 0:
                break
        return left

    async def count_buffered(self) -> int:
        """Return how many views are accepted and not yet stored, and show the number."""
        buffered = sum((await self._counter.buffered()).values())
        self._metrics.views_buffered.set(buffered)
        return buffered
