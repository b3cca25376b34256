"""A history of reads beside updates, in which every stale read is one for sure."""

import asyncio
import random
from collections.abc import Sequence

from service.patterns.caching import Cache


class History:
    """One key whose body is its version; two processes' caches read it while a writer moves it on."""

    def __init__(self, caches: Sequence[Cache], seed: int) -> None:
        self._caches = caches
        self._random = random.Random(seed)
        self._version = 0
        self._acknowledged = 0
        self.stale_reads = 0
        self.hits = 0

    async def run(self, updates: int = 60, readers: int = 8) -> None:
        """Update so many times, with so many readers at work."""
        writer = asyncio.create_task(self._write(updates))
        await asyncio.gather(writer, *(self._read(writer) for _ in range(readers)))

    async def _write(self, updates: int) -> None:
        for _ in range(updates):
            await self._pause()
            self._version += 1
            await self._random.choice(self._caches).invalidate("key")
            self._acknowledged = self._version

    async def _read(self, writer: "asyncio.Task[None]") -> None:
        while not writer.done():
            cache = self._random.choice(self._caches)
            acknowledged = self._acknowledged
            cached = await cache.get("key", self._load, 60.0)
            self.hits += cached.source == "hit"
            self.stale_reads += int(cached.body or b"0") < acknowledged
            await asyncio.sleep(0)

    async def _load(self) -> bytes:
        version = self._version
        await self._pause()
        return str(version).encode()

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0, 0.01))
