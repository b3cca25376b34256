"""Caching: keep the answer of a slow load near, without serving it too long after it changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Load = Callable[[], Awaitable[bytes | None]]
"""Loads one body from its source; None says that there is none."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A body and where it came from: `hit` the cache, `load` a load of this call's own, `shared` another's load."""

    body: bytes | None
    source: Literal["hit", "load", "shared"]
    filled: bool = False  # this call's load created the entry (not: replaced one that another load had made)


class Cache(Protocol):
    """One cached namespace of bodies by key."""

    async def get(self, key: str, load: Load, ttl_s: float) -> Cached:
        """Return the body for a key, loading it when the cache has none that it may serve."""

    async def invalidate(self, key: str) -> None:
        """Call after the source changed and its change is committed."""
