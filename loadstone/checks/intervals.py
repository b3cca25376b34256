"""Overlap of intervals: how many pairs of holders had the same thing at once, and for how long at most."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True, order=True)
class Interval:
    """One holding on one clock, by its inner bounds: after the grant, before the release."""

    start_s: float
    end_s: float
    key: str


@dataclass(frozen=True)
class Overlaps:
    """How many pairs of intervals of one key overlap, and the longest stretch that two shared."""

    pairs: int = 0
    longest_s: float = 0.0


def count_overlaps(intervals: Iterable[Interval]) -> Overlaps:
    """Return the overlaps of all keys together; intervals that only touch do not overlap."""
    by_key: dict[str, list[Interval]] = defaultdict(list)
    for interval in intervals:
        by_key[interval.key].append(interval)
    found = [_sweep(sorted(same)) for same in by_key.values()]
    return Overlaps(sum(f.pairs for f in found), max((f.longest_s for f in found), default=0.0))


def _sweep(ordered: Iterable[Interval]) -> Overlaps:
    """Pass over the starts in order, keeping the ends that are still to come."""
    ends_s: list[float] = []
    latest_s, pairs, longest_s = float("-inf"), 0, 0.0
    for interval in ordered:
        while ends_s and ends_s[0] <= interval.start_s:
            heappop(ends_s)
        if interval.end_s > interval.start_s:
            pairs += len(ends_s)
            longest_s = max(longest_s, min(latest_s, interval.end_s) - interval.start_s)
            latest_s = max(latest_s, interval.end_s)
            heappush(ends_s, interval.end_s)
    return Overlaps(pairs, longest_s)
