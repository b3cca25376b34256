"""The generic cell rate algorithm: one instant a key says everything."""

from dataclasses import dataclass
from math import ceil

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.rate_limiting.protocol import Allowance, Decision, Rule, without_store
from service.patterns.scripts import Script


@dataclass(frozen=True, slots=True)
class Shape:
    """How a rule is kept: `burst` at once when rested, then one every `interval_us`."""

    burst: int
    interval_us: int


def shape_of(rule: Rule) -> Shape:
    """Return the burst and interval that never admit more than the rule's limit in any window.

    In any window, `burst` may be saved up and one more comes every interval, so burst + window / interval
    must not exceed the limit: half of the limit (rounded up) is the burst, the rest is spread over the
    window. A limit of 1 leaves no rest; then one a window is within the limit too, as a window does not hold
    both its ends.
    """
    burst = (rule.limit + 1) // 2
    return Shape(burst, ceil(rule.window_s * 1e6 / max(rule.limit - burst, 1)))


class Gcra:
    """Admits a burst of half the limit, then a steady stream; one atomic script by the clock of Redis.

    Choose this when the limit is a promise: the default.
    Guarantee: never more than `limit` admissions in any `window_s`, across all processes; `retry_after_s` is
    exact; a refused request costs nothing.
    Failure mode: a rested caller gets half of the limit at once, not all; when Redis forgets its data or its
    clock is set forward, one more burst. When Redis fails: refused, or admitted when `fail_open`, and marked.
    Round trips: 1.
    Source: ITU-T I.371, generic cell rate algorithm, virtual scheduling.
    """

    def __init__(self, redis: Redis, rule: Rule, namespace: str, fail_open: bool = False) -> None:
        self._shape = shape_of(rule)
        self._namespace = namespace
        self._fail_open = fail_open
        self._decide = Script(redis, __package__, "gcra")

    async def allow(self, key: str) -> Decision:
        """Admit the request if its turn has come."""
        try:
            answer = await self._decide(
                [f"{self._namespace}:{key}"], self._shape.interval_us, self._shape.burst
            )
        except RedisError:
            return without_store(self._fail_open)
        allowed, remaining, retry_after_us = answer
        return Decision(bool(allowed), int(remaining), int(retry_after_us) / 1e6)

    def allowance(self) -> Allowance:
        """Return the burst, then one an interval."""
        return Allowance(self._shape.burst, 1, self._shape.interval_us / 1e6)
