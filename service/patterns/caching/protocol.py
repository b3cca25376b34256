"""What every caching strategy does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Load = Callable[[], Awaitable[bytes | None]]
"""Loads one body from its source; None says that there is none.

It may run on after the call that gave it was cancelled, so it opens what it needs itself.
"""


@dataclass(frozen=True, slots=True)
class Cached:
    """A body and where it came from.

    `hit`: the cache; `load`: a load of this call's own; `shared`: another call's load.
    """

    body: bytes | None
    source: Literal["hit", "load", "shared"]
    filled: bool = False  # this call's load created the entry (not: replaced one that another load had made)
    cache_failed: bool = False  # the cache could not be read or filled: count it, it is no ordinary miss


class Cache(Protocol):
    """One cached namespace of bodies by key.

    A failure of Redis is never a quiet miss: `get` either raises redis.RedisError or says `cache_failed`.
    """

    async def get(self, key: str, load: Load, ttl_s: float) -> Cached:
        """Return the body for a key, loading it when the cache has none that it may serve."""

    async def invalidate(self, key: str) -> None:
        """Call after the source changed and its change is committed.

        Raises redis.RedisError when the cache was not told: until the entry expires it may serve the old
        body.
        """
