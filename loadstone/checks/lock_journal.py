"""The journal of a lock: what every holder wrote down, in the order of one sequence, folded into attempts.

The system keeps the journal, in the store that the lock protects. An id is drawn from one sequence when its
entry is written: `ask` before the lock is asked for, `enter` after it was granted, `leave` before it is
given back, each in a transaction of its own; `write` and `refused_write` in the transaction of the protected
write, under the lock of its row, so that the ids of one name's writes are in commit order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from loadstone.checks.intervals import Interval

Position = tuple[int, int]
"""Fence (0 without), then journal id: an older grant entered below where a newer one asked."""


class LockEntry(msgspec.Struct, frozen=True):
    """One line of the journal. `fence` is None where the strategy has none; `status` is what a write set."""

    id: int
    name: str
    holder: str
    entry: Literal["ask", "enter", "write", "refused_write", "leave"]
    at_s: float
    fence: int | None = None
    status: str | None = None


@dataclass
class Attempt:
    """One holder's attempt at one name. Instants are the journal's clock; ids say what came before what."""

    name: str
    holder: str
    ask: LockEntry | None = None
    enter: LockEntry | None = None
    leave: LockEntry | None = None
    writes: list[LockEntry] = field(default_factory=list)
    refused_writes: list[LockEntry] = field(default_factory=list)

    def add(self, entry: LockEntry) -> None:
        """Note one more entry of this holder."""
        match entry.entry:
            case "ask":
                self.ask = entry
            case "enter":
                self.enter = entry
            case "leave":
                self.leave = entry
            case "write":
                self.writes.append(entry)
            case "refused_write":
                self.refused_writes.append(entry)

    def position(self, entry: LockEntry | None, fenced: bool) -> Position:
        """Return where an entry of this attempt stands among grants; a missing one stands before all."""
        fence = self.enter.fence if fenced and self.enter else None
        return fence or 0, entry.id if entry else -1

    @property
    def holding(self) -> Interval | None:
        """Return when it surely held the lock, as far as the strategy told it; None when it never left."""
        if self.enter is None or self.leave is None:
            return None
        return Interval(self.enter.at_s, self.leave.at_s, self.name)


def attempts_by_name(entries: Iterable[LockEntry]) -> dict[str, list[Attempt]]:
    """Return every name's attempts, by first entry."""
    attempts: dict[tuple[str, str], Attempt] = {}
    for entry in sorted(entries, key=lambda entry: entry.id):
        attempts.setdefault((entry.name, entry.holder), Attempt(entry.name, entry.holder)).add(entry)
    by_name: dict[str, list[Attempt]] = {}
    for attempt in attempts.values():
        by_name.setdefault(attempt.name, []).append(attempt)
    return by_name
