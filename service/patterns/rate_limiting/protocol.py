"""What every rate limiting strategy does."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` admissions in any `window_s` seconds, for each key."""

    limit: int
    window_s: float

    def __post_init__(self) -> None:
        if self.limit < 1 or self.window_s <= 0:
            raise ValueError(f"a rule needs a limit of at least 1 and a window above 0 s, not {self}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the limiter answers; `retry_after_s` is 0 when allowed."""

    allowed: bool
    remaining: int
    retry_after_s: float = 0.0
    failed: bool = False  # Redis could not be asked: `allowed` is the policy, not a count


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a rule surely admits to a caller who never stops asking: `burst`, then `more` every `every_s`."""

    burst: int
    more: int
    every_s: float


class RateLimiter(Protocol):
    """Decides for one rule, many keys."""

    async def allow(self, key: str) -> Decision:
        """Return whether one more request of this key is admitted now, and count it if so.

        When Redis fails the answer is the policy the limiter was built with, marked `failed`; nothing is
        raised.
        """

    def allowance(self) -> Allowance | None:
        """Return what this strategy admits at least; None when it admits everything."""


RETRY_AFTER_FAILURE_S = 1.0


def without_store(fail_open: bool) -> Decision:
    """Return the decision for a request that cannot be counted: admitted when `fail_open`, else refused."""
    return Decision(fail_open, 0, 0.0 if fail_open else RETRY_AFTER_FAILURE_S, failed=True)
