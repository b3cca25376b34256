"""No limit: the control group."""

from redis.asyncio import Redis

from service.patterns.rate_limiting.protocol import Allowance, Decision, Rule


class Unlimited:
    """Admits everything.

    Choose this when something in front of the service limits already, or to see what a limiter costs.
    Guarantee: none. Failure mode: one caller can take all there is. Round trips: 0.
    """

    def __init__(self, redis: Redis, rule: Rule, namespace: str, fail_open: bool = False) -> None:
        self._remaining = rule.limit

    async def allow(self, key: str) -> Decision:
        """Admit."""
        return Decision(True, self._remaining)

    def allowance(self) -> Allowance | None:
        """Return None: there is no bound."""
        return None
