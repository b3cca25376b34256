"""Session guarantees: nobody sees the world go back behind what they wrote or read themselves.

Terry et al., "Session guarantees for weakly consistent replicated data" (PDIS 1994): read your writes, and
monotonic reads. Judged by versions alone, without a clock. Facts are events in the order in which each
session (`process`) made them, one at a time; the operation's verb is `write` or `read`, `value` holds the
`version` that was written or read, and whatever else an example should show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loadstone.checks.examples import first_examples
from loadstone.records.event import Event
from loadstone.records.run import CheckResult


def check_sessions(facts: Iterable[Event]) -> CheckResult:
    """Return the reads that were older than the session's own acknowledged write, or than its last read.

    Observed are the reads of a key that the session had written or read before. A read that breaks both
    guarantees counts once, as a read behind its own write. A write without an answer promises nothing.
    """
    seen: dict[tuple[str, str], _Seen] = {}
    observed = indeterminate = 0
    violations: list[dict[str, Any]] = []
    for fact in facts:
        known = seen.setdefault((fact.process, fact.key), _Seen())
        verb = fact.operation.rpartition(".")[2]
        if fact.outcome == "ok" and verb == "read":
            observed += known.anything
            if kind := known.broken_by(fact.value["version"]):
                violations.append(_describe(kind, fact, known))
            known.read = fact.value["version"]
        elif fact.outcome == "ok" and verb == "write":
            known.written = max(known.written, fact.value["version"])
        indeterminate += fact.outcome == "indeterminate"
    behind_write = sum(violation["kind"] == "behind own write" for violation in violations)
    return CheckResult(
        violations=len(violations),
        observed=observed,
        indeterminate=indeterminate,
        examples=first_examples(violations),
        breakdown={"behind own write": behind_write, "behind own read": len(violations) - behind_write},
    )


@dataclass
class _Seen:
    """What one session knows of one key: the newest version it wrote, and the last one it read."""

    written: int = -1
    read: int = -1

    @property
    def anything(self) -> bool:
        return max(self.written, self.read) >= 0

    def broken_by(self, version: int) -> str:
        if version < self.written:
            return "behind own write"
        return "behind own read" if version < self.read else ""


def _describe(kind: str, read: Event, known: _Seen) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": read.key,
        "session": read.process,
        "read_at_s": round(read.start_s, 6),
        "own_write": known.written if known.written >= 0 else None,
        "last_read": known.read if known.read >= 0 else None,
        **read.value,
    }
