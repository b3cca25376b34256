"""Waiting for what another task or server does."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 10.0) -> None:
    """Return once the condition is true; raises AssertionError when it is not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline_s, "what the test waits for did not happen"
        await asyncio.sleep(0.002)
