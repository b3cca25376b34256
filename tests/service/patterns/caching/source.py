"""A slow source of bodies that change."""

import asyncio


class Source:
    """Holds one body; counts the loads, and can hold them back until `release` is set."""

    def __init__(self, body: bytes | None = b"body", *, held_back: bool = False) -> None:
        self.body = body
        self.loads = 0
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        if not held_back:
            self.release.set()

    async def load(self) -> bytes | None:
        """Return the body as it was when the load began."""
        self.loads += 1
        body = self.body
        self.started.set()
        await self.release.wait()
        return body

    async def has_loads(self, loads: int) -> bool:
        """Return whether so many loads have begun."""
        return self.loads >= loads

    async def fail(self) -> bytes | None:
        """Raise as a source that is away does."""
        self.loads += 1
        raise ConnectionResetError("the source is away")
