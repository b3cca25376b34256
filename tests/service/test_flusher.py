import asyncio
from typing import cast

from service.flusher import FLUSHES_OF_A_DRAIN, Flusher
from service.metrics import Metrics
from service.patterns.view_counting import Flushed, ViewCounter


class Counter:
    """A buffer that gives one row at a time, and fails the first `failures` times."""

    def __init__(self, views: int, failures: int = 0) -> None:
        self.views = views
        self.failures = failures
        self.empty = asyncio.Event()

    async def record(self, video_id: int, viewer: str) -> bool:
        raise NotImplementedError

    async def flush(self) -> Flushed:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        moved = min(self.views, 1)
        self.views -= moved
        if not self.views:
            self.empty.set()
        return Flushed(rows=moved, views=moved, busy_s=0.5)

    async def buffered(self) -> dict[int, int]:
        return {1: self.views} if self.views else {}


def _flusher(counter: Counter) -> tuple[Flusher, Metrics]:
    metrics = Metrics()
    return Flusher(cast(ViewCounter, counter), metrics, interval_s=0.001), metrics


async def test_a_failed_flush_is_counted_and_the_next_one_catches_up() -> None:
    counter = Counter(views=3, failures=2)
    flusher, metrics = _flusher(counter)
    task = asyncio.create_task(flusher.run())
    await asyncio.wait_for(counter.empty.wait(), timeout=5)
    await asyncio.sleep(0)  # let the last flush be counted
    task.cancel()
    assert metrics.registry.get_sample_value("service_view_flush_errors_total") == 2
    assert metrics.registry.get_sample_value("service_view_flushed_views_total") == 3


async def test_no_two_flushes_of_a_process_meet_and_none_runs_while_paused() -> None:
    class Slow(Counter):
        at_once = most = 0

        async def flush(self) -> Flushed:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0.001)
            self.at_once -= 1
            return await super().flush()

    counter = Slow(views=5)
    flusher, _ = _flusher(counter)
    async with flusher.paused():
        flushes = [asyncio.create_task(flusher.flush()) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert counter.most == 0
    await asyncio.gather(*flushes)
    assert counter.most == 1


async def test_a_drain_flushes_until_nothing_is_buffered() -> None:
    flusher, metrics = _flusher(Counter(views=3))
    assert await flusher.drain() == 0
    assert metrics.registry.get_sample_value("service_view_flushed_rows_total") == 3
    assert metrics.registry.get_sample_value("service_view_flush_busy_seconds_total") == 1.5
    assert metrics.registry.get_sample_value("service_views_buffered") == 0


async def test_a_drain_ends_although_views_keep_coming() -> None:
    flusher, metrics = _flusher(Counter(views=10**6))
    assert await flusher.drain() == 10**6 - FLUSHES_OF_A_DRAIN
    assert metrics.registry.get_sample_value("service_views_buffered") == 10**6 - FLUSHES_OF_A_DRAIN
