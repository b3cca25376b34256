"""The limiter that is copied most: count, and let the count expire."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.rate_limiting.protocol import Allowance, Decision, Rule, without_store
from service.patterns.scripts import milliseconds


class GuideFixed:
    """INCR, then EXPIRE when the count is 1. Our reading of the guide's `is_allowed`.

    Choose this when up to twice the limit at the edge of a window does no harm.
    Guarantee: at most the limit in the window that begins at a key's first request.
    Failure mode: the limit at the end of one window and again at the start of the next is twice the limit in
    less than a window; a process killed between the two commands leaves a count that never expires, and the
    key is refused for ever; refused requests are told the whole window. The guide says nothing of a failing
    Redis: the policy for it is the family's.
    Round trips: 1, and 1 more at the start of a window.
    """

    def __init__(self, redis: Redis, rule: Rule, namespace: str, fail_open: bool = False) -> None:
        self._redis = redis
        self._rule = rule
        self._namespace = namespace
        self._fail_open = fail_open

    async def allow(self, key: str) -> Decision:
        """Count the request, refused ones too, and admit it while the count is within the limit."""
        try:
            count = await self._count(f"{self._namespace}:{key}")
        except RedisError:
            return without_store(self._fail_open)
        allowed = count <= self._rule.limit
        return Decision(allowed, max(0, self._rule.limit - count), 0.0 if allowed else self._rule.window_s)

    def allowance(self) -> Allowance:
        """Return the limit at once and again with every window."""
        return Allowance(self._rule.limit, self._rule.limit, self._rule.window_s)

    async def _count(self, name: str) -> int:
        count = int(await self._redis.incr(name))
        if count == 1:
            # The guide's EXPIRE, in milliseconds for windows that are no whole number of seconds.
            await self._redis.pexpire(name, milliseconds(self._rule.window_s))
        return count
