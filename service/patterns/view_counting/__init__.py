"""View counting: many increments of few rows, durable in the end, each viewer once."""

from typing import Protocol

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.view_counting.buffered_swap import BufferedSwap
from service.patterns.view_counting.direct import Direct
from service.patterns.view_counting.guide_buffered import GuideBuffered
from service.patterns.view_counting.protocol import Flushed, ViewCounter


class Builder(Protocol):
    """How any strategy of the family is built."""

    def __call__(
        self, redis: Redis, engine: AsyncEngine, namespace: str, dedupe_s: float = 86_400
    ) -> ViewCounter:
        """Return a strategy. The client answers in bytes and must not retry; the engine is the primary's."""


STRATEGIES: dict[str, Builder] = {
    "direct": Direct,
    "guide_buffered": GuideBuffered,
    "buffered_swap": BufferedSwap,
}
DEFAULT = "buffered_swap"
NULL = "direct"

__all__ = ["DEFAULT", "NULL", "STRATEGIES", "Builder", "Flushed", "ViewCounter"]
