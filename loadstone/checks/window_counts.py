"""Window counts: how many admissions surely fell into one window of a rate limit.

An admission was decided somewhere within its request's interval, on another clock. For each admission that
began at a, those that began no earlier and ended before a + W were surely all decided within one window of
length W. This lower bound convicts no limiter that keeps to its rule, whatever windows it uses.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, inf
from typing import Any

from loadstone.checks.examples import first_examples
from loadstone.records.event import Event
from loadstone.records.run import CheckResult

FLOOR_SHARE = 0.9
ANSWERED_SHARE = 0.5  # of the attempts: below, nobody can tell what the limiter did


@dataclass(frozen=True)
class Allowance:
    """What a rule surely admits: `burst` at once when rested; once used up, `more` every `every_s`."""

    burst: int
    more: int
    every_s: float


def check_window_counts(
    attempts: Iterable[Event], limit: int, window_s: float, allowance: Allowance | None, rested: Iterable[str]
) -> CheckResult:
    """Return the admissions beyond `limit` in windows of `window_s`, summed over windows that share none.

    An attempt's `value` holds `admitted`, True or False; one that failed or has no answer is unclear: it may
    have used up the allowance, but is no admission. Observed are admissions in a window that also saw a
    refusal or more than the limit.

    The floor: something was admitted, at least half of the attempts were answered, and of the keys in
    `rested` (unused before the first attempt) that saw refusals, 90 % of what the allowance surely admits
    was admitted; without an allowance, of everything. A key counts for that up to its first unclear attempt:
    what is due after it depends on what became of it.
    """
    by_key: dict[str, list[Event]] = defaultdict(list)
    for attempt in attempts:
        by_key[attempt.key].append(attempt)
    keys = [_Key(key, facts, limit, window_s) for key, facts in by_key.items()]
    judged = {key.name: key for key in keys if any(map(key.before_unclear, key.refused))}
    counted = [judged[name] for name in set(rested) & judged.keys()]
    due = sum(surely_admitted(key.undisturbed, allowance) for key in counted)
    admitted = sum(sum(map(key.before_unclear, key.admitted)) for key in counted)
    return CheckResult(
        violations=sum(key.excess for key in keys),
        observed=sum(key.observed for key in keys),
        indeterminate=sum(len(key.unclear) for key in keys),
        examples=first_examples(example for key in keys for example in key.examples()),
        floor_met=_working(keys) and admitted >= FLOOR_SHARE * due,
        measures={
            "admitted": sum(len(key.admitted) for key in keys),
            "refused": sum(len(key.refused) for key in keys),
            "surely_due_under_refusals": due,
            "admitted_under_refusals": admitted,
            "largest_window": max((window.count for key in keys for window in key.windows), default=0),
        },
    )


@dataclass(frozen=True)
class Window:
    """The window that opens with an admission, and how many admissions it surely holds."""

    start_s: float
    count: int


def windows(admissions: Sequence[Event], window_s: float) -> list[Window]:
    """Return the window of each admission, by start; `admissions` are ordered by their start."""
    found: list[Window] = []
    ends_s: list[float] = []
    for admission in reversed(admissions):
        insort(ends_s, admission.end_s)
        found.append(Window(admission.start_s, bisect_left(ends_s, admission.start_s + window_s)))
    found.reverse()
    return found


def overfull(found: Sequence[Window], limit: int, window_s: float) -> list[Window]:
    """Return windows over the limit, none overlapping another, with the largest sum of excess.

    Weighted interval scheduling: from the last window backwards, each is either left out or taken together
    with the best choice among those that start after it has ended.
    """
    starts_s = [window.start_s for window in found]
    best = [0] * (len(found) + 1)
    after = [bisect_left(starts_s, start_s + window_s) for start_s in starts_s]
    for i in reversed(range(len(found))):
        best[i] = max(best[i + 1], found[i].count - limit + best[after[i]])
    chosen, i = [], 0
    while i < len(found):
        taken = best[i] > best[i + 1]
        if taken:
            chosen.append(found[i])
        i = after[i] if taken else i + 1
    return chosen


def surely_admitted(attempts: Sequence[Event], allowance: Allowance | None) -> int:
    """Return how many of a rested key's attempts, ordered by start, a rule of this allowance surely admits.

    The burst is used up attempt by attempt. Only then does time count, from the latest end of those that
    used it up to the start of the next attempt: so it holds for windows that open with the first request,
    for aligned and sliding ones and for token buckets alike, wherever within its interval each was decided.
    """
    if allowance is None:
        return len(attempts)
    left, admitted, used_up_s = allowance.burst, 0, float("-inf")
    for attempt in attempts:
        if left == 0:
            periods = max(0, floor((attempt.start_s - used_up_s) / allowance.every_s))
            left = min(allowance.burst, periods * allowance.more)
        if left:
            left -= 1
            admitted += 1
            used_up_s = max(used_up_s, attempt.end_s)
    return admitted


def _working(keys: Sequence["_Key"]) -> bool:
    """Return whether the limiter surely admitted something, and most attempts were answered."""
    attempts = sum(len(key.attempts) for key in keys)
    unclear = sum(len(key.unclear) for key in keys)
    return any(key.admitted for key in keys) and attempts - unclear >= ANSWERED_SHARE * attempts


@dataclass
class _Key:
    """One key's attempts, ordered by start, and what follows from them."""

    name: str
    attempts: list[Event]
    limit: int
    window_s: float
    admitted: list[Event] = field(init=False)
    refused: list[Event] = field(init=False)
    unclear: list[Event] = field(init=False)
    windows: list[Window] = field(init=False)
    overfull: list[Window] = field(init=False)

    def __post_init__(self) -> None:
        self.attempts = sorted(self.attempts, key=lambda attempt: attempt.start_s)
        self.admitted = [a for a in self.attempts if a.outcome == "ok" and a.value["admitted"]]
        self.refused = [a for a in self.attempts if a.outcome == "ok" and not a.value["admitted"]]
        self.unclear = [a for a in self.attempts if a.outcome != "ok"]
        self.windows = windows(self.admitted, self.window_s)
        self.overfull = overfull(self.windows, self.limit, self.window_s)

    @property
    def undisturbed(self) -> list[Event]:
        """The attempts that were surely decided before the first unclear one was."""
        return [a for a in self.attempts if a.outcome == "ok" and a.end_s < self._first_unclear_s]

    def before_unclear(self, attempt: Event) -> bool:
        """Return whether the attempt may have been decided before the first unclear one was."""
        return attempt.start_s <= self._first_unclear_s

    @property
    def _first_unclear_s(self) -> float:
        return self.unclear[0].start_s if self.unclear else inf

    @property
    def excess(self) -> int:
        return sum(window.count - self.limit for window in self.overfull)

    @property
    def observed(self) -> int:
        return sum(self._under_pressure(admission) for admission in self.admitted)

    def _under_pressure(self, admission: Event) -> bool:
        """Return whether a window that holds the admission surely saw a refusal, or more than the limit."""
        first = bisect_left(
            self.refused, admission.end_s - self.window_s, key=lambda refusal: refusal.start_s
        )
        for refusal in self.refused[first:]:
            if refusal.start_s >= admission.start_s + self.window_s:
                break
            if max(refusal.end_s, admission.end_s) - min(refusal.start_s, admission.start_s) < self.window_s:
                return True
        return any(
            w.start_s <= admission.start_s and admission.end_s < w.start_s + self.window_s
            for w in self.overfull
        )

    def examples(self) -> Iterable[dict[str, Any]]:
        """Yield one example for each overfull window."""
        for window in self.overfull:
            inside = [
                a
                for a in self.admitted
                if a.start_s >= window.start_s and a.end_s < window.start_s + self.window_s
            ]
            yield {
                "key": self.name,
                "window_start_s": round(window.start_s, 6),
                "window_s": self.window_s,
                "limit": self.limit,
                "admitted": window.count,
                "took_s": round(max(a.end_s for a in inside) - window.start_s, 6),
            }
