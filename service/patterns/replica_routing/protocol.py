"""What every replica routing strategy does."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@dataclass(frozen=True, slots=True)
class Node:
    """One database server: `primary`, or `replica-1` and so on."""

    name: str
    engine: AsyncEngine

    def for_reads(self) -> "Node":
        """Return the node with connections on which each statement stands alone: no BEGIN, no ROLLBACK."""
        return Node(self.name, self.engine.execution_options(isolation_level="AUTOCOMMIT"))


@dataclass(slots=True)
class Read:
    """One routed read: run the statements on `connection`; afterwards `position` is what the reader has seen.

    `position` is a WAL position (an LSN as an integer), None where the strategy keeps no track. `waited_s`
    tells how long it took to find a replica that suits, connecting included; `fell_back` that the read went
    to the primary for want of one.
    """

    node: Node
    connection: AsyncConnection
    position: int | None = None
    waited_s: float = 0.0
    fell_back: bool = False


class Router(Protocol):
    """Chooses the server for each read; writes always go to the primary."""

    def read(self, seen: int | None) -> AbstractAsyncContextManager[Read]:
        """Open a connection to read from, no older than position `seen` where the strategy promises that.

        On the connection each statement is its own transaction.
        """

    async def written(self, connection: AsyncConnection) -> int | None:
        """Call on the primary after COMMIT: return the position that the writer has now seen."""
