"""What every locking strategy does."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof of a granted lock. `fence` grows with every grant of a name; None where the strategy has none.

    A write under the lock passes `fence` along, and the store refuses it when it has seen a higher one.
    """

    name: str
    token: str
    fence: int | None = None


class Lock(Protocol):
    """A lock by name, held for at most the lease the strategy was built with."""

    async def acquire(self, name: str) -> Grant | None:
        """Return a grant, or None at once when another holds the name."""

    async def release(self, grant: Grant) -> None:
        """Give the lock back if it is still this grant's."""
