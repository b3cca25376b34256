"""Staleness: how long after a change was acknowledged its key was still read as before.

A key is a register with versions. A read that began at s and returned version r is stale when some version
above r was acknowledged before s − bound: the register held a newer one all that while. The read's start,
the update's end and one clock make this sound; a slow answer never convicts.

Assumed: every attempt to update these keys is among the updates, versions grow by one with each change, and
every attempt carries a content of its own. Reads and updates are events whose `value` holds `version` and
`content`; an update without an answer knows its content only.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from loadstone.checks.examples import first_examples
from loadstone.records.event import Event
from loadstone.records.run import CheckResult

CONTENT_SHOWN = 80  # characters of a body that nobody wrote


def check_staleness(reads: Iterable[Event], updates: Sequence[Event], bound_s: float) -> CheckResult:
    """Return the reads that were older than the bound allows, or that no update ever wrote.

    Observed are the reads of a key that began after an acknowledged update of it. The measures tell the
    age: how long the newer version had been acknowledged when the read began; 0 for the newest version.
    """
    histories = _histories(updates)
    observed = [
        read
        for read in reads
        if read.outcome == "ok"
        and read.key in histories
        and read.start_s > histories[read.key].first_acknowledged_s
    ]
    ages_s = [_age_s(read, histories[read.key]) for read in observed]
    violations = [
        (read, age_s, written)
        for read, age_s in zip(observed, ages_s, strict=True)
        if not (written := histories[read.key].may_have_written(read.value)) or age_s > bound_s
    ]
    never_written = sum(not written for _, _, written in violations)
    return CheckResult(
        violations=len(violations),
        observed=len(observed),
        indeterminate=sum(update.outcome == "indeterminate" for update in updates),
        examples=first_examples(
            _describe(*violation, histories[violation[0].key]) for violation in violations
        ),
        breakdown={"stale": len(violations) - never_written, "never written": never_written},
        measures=_age_measures(ages_s),
    )


@dataclass
class _History:
    """One key's updates. `newer_since_s[i]`: when a version from `versions[i]` on was first acknowledged."""

    contents: dict[int, set[str]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    acknowledged_s: dict[int, float] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)
    newer_since_s: list[float] = field(default_factory=list)

    @property
    def first_acknowledged_s(self) -> float:
        return self.newer_since_s[0] if self.newer_since_s else inf

    def add(self, update: Event) -> None:
        if update.outcome == "indeterminate":
            self.unanswered.add(update.value["content"])
        elif update.outcome == "ok":
            version = update.value["version"]
            self.contents.setdefault(version, set()).add(update.value["content"])
            self.acknowledged_s[version] = min(update.end_s, self.acknowledged_s.get(version, inf))

    def close(self) -> None:
        self.versions = sorted(self.acknowledged_s)
        earliest_s = inf
        for version in reversed(self.versions):
            earliest_s = min(earliest_s, self.acknowledged_s[version])
            self.newer_since_s.append(earliest_s)
        self.newer_since_s.reverse()

    def superseded_s(self, version: int) -> float:
        """Return when a version above this one was first acknowledged; infinity when none was."""
        above = bisect_right(self.versions, version)
        return self.newer_since_s[above] if above < len(self.versions) else inf

    def may_have_written(self, value: dict[str, Any]) -> bool:
        """Return False only for a body that no update can have left; those before the first are unknown."""
        version, content = value["version"], value["content"]
        if version in self.contents:
            return content in self.contents[version]
        return version < self.versions[0] or content in self.unanswered


def _histories(updates: Iterable[Event]) -> dict[str, _History]:
    histories: dict[str, _History] = {}
    for update in updates:
        histories.setdefault(update.key, _History()).add(update)
    for history in histories.values():
        history.close()
    return histories


def _age_s(read: Event, history: _History) -> float:
    return max(0.0, read.start_s - history.superseded_s(read.value["version"]))


def _describe(read: Event, age_s: float, written: bool, history: _History) -> dict[str, Any]:
    example = {
        "kind": "stale" if written else "never written",
        "key": read.key,
        "read_at_s": round(read.start_s, 6),
        "version": read.value["version"],
        "newest_acknowledged": max(v for v, at_s in history.acknowledged_s.items() if at_s < read.start_s),
        "age_s": round(age_s, 6),
    }
    return example if written else {**example, "content": str(read.value["content"])[:CONTENT_SHOWN]}


def _age_measures(ages_s: Sequence[float]) -> dict[str, float]:
    if not ages_s:
        return {}
    ordered = sorted(ages_s)
    return {
        "age_p50_s": ordered[(len(ordered) - 1) // 2],
        "age_p99_s": ordered[(len(ordered) - 1) * 99 // 100],
        "age_max_s": ordered[-1],
    }
