"""Rate limiting: admit no more than the rule allows, and no less."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` admissions in any `window_s` seconds, for each key."""

    limit: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What the limiter answers; `retry_after_s` is 0 when allowed."""

    allowed: bool
    remaining: int
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a rule surely admits to a caller who never stops asking: `burst`, then `more` every `every_s`."""

    burst: int
    more: int
    every_s: float


class RateLimiter(Protocol):
    """Decides for one rule, many keys."""

    async def allow(self, key: str) -> Decision:
        """Return whether one more request of this key is admitted now, and count it if so."""

    def allowance(self) -> Allowance | None:
        """Return what this strategy admits at least; None when it admits everything."""
