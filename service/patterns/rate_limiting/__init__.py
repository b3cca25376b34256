"""Rate limiting: admit no more than the rule allows, and no less."""

from typing import Protocol

from redis.asyncio import Redis

from service.patterns.rate_limiting.gcra import Gcra
from service.patterns.rate_limiting.guide_fixed import GuideFixed
from service.patterns.rate_limiting.protocol import Allowance, Decision, RateLimiter, Rule
from service.patterns.rate_limiting.unlimited import Unlimited


class Builder(Protocol):
    """How any strategy of the family is built."""

    def __call__(self, redis: Redis, rule: Rule, namespace: str, fail_open: bool = False) -> RateLimiter:
        """Return a strategy. The client must not retry: a repeated command counts twice."""


STRATEGIES: dict[str, Builder] = {"unlimited": Unlimited, "guide_fixed": GuideFixed, "gcra": Gcra}
DEFAULT = "gcra"
NULL = "unlimited"

__all__ = ["DEFAULT", "NULL", "STRATEGIES", "Allowance", "Builder", "Decision", "RateLimiter", "Rule"]
