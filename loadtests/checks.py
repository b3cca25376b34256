"""The checks of the reference service: each family's promise, held against what the scenarios saw.

The promise is the scenario's, the same for every strategy of a family, so that their results compare.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from loadstone.checks import Check, CheckContext
from loadstone.checks.examples import first_examples
from loadstone.checks.fencing import check_fencing
from loadstone.checks.lock_journal import LockEntry
from loadstone.checks.lost_updates import check_lost_updates
from loadstone.checks.sessions import check_sessions
from loadstone.checks.staleness import check_staleness
from loadstone.checks.window_counts import Allowance, check_window_counts
from loadstone.errors import LoadstoneError
from loadstone.records.event import Event
from loadstone.records.run import CheckResult

STALENESS_BOUND_S = 1.0

Counts = Mapping[str, Mapping[str, int]]
"""The views of each video: `stored` in the primary, and `buffered`."""

CONVICTIONS: dict[tuple[str, str], str] = {
    ("caching", "guide"): (
        "Our reading of the guide: a change is committed, but nothing removes the cached body, so readers get"
        " the old one until its time to live has run out."
    ),
    ("rate_limiting", "unlimited"): "The control group: nothing limits.",
    ("rate_limiting", "guide_fixed"): (
        "Our reading of the guide: the count starts again from nothing when its window ends, so the limit"
        " just before the end and the limit just after it both pass, within less than one window."
    ),
    ("locking", "unlocked"): "The control group: nothing keeps a second job out.",
    ("locking", "guide"): (
        "Our reading of the guide: the lease ends while the job still works and another job starts; nothing"
        " refuses what the first one writes after that."
    ),
    ("view_counting", "guide_buffered"): (
        "Our reading of the guide: the flush reads a counter, updates the row, and deletes the counter; views"
        " counted between the read and the delete are deleted unseen."
    ),
    ("replica_routing", "guide_random"): (
        "Our reading of the guide: any replica may answer any read, whatever it has replayed, so a read after"
        " the session's own change may show the state before it."
    ),
}


def check_caching(context: CheckContext) -> CheckResult:
    """Judge reads of cached videos and users against the acknowledged changes of them."""
    bound_s = float(context.settings.get("staleness_bound_s", STALENESS_BOUND_S))
    reads = _facts(context, "caching.read")
    unexpected = [read for read in reads if read.outcome == "ok" and "unexpected" in read.value]
    result = check_staleness(reads, _facts(context, "caching.update"), bound_s)
    return msgspec.structs.replace(
        result,
        violations=result.violations + len(unexpected),
        observed=result.observed + len(unexpected),
        breakdown={**result.breakdown, "field outside the schema": len(unexpected)},
        examples=first_examples([*map(_describe_unexpected, unexpected), *result.examples]),
        about="stale reads",
        promise=f"no read is older than what was acknowledged {bound_s:g} s before it began, or made up",
        floor="something was served from the cache",
        floor_met=context.strategies.get("caching") == "uncached"
        or any(read.outcome == "ok" and read.value["source"] == "hit" for read in reads),
    )


def check_rate_limiting(context: CheckContext) -> CheckResult:
    """Judge the admissions of posts against the rule that the service says it keeps."""
    rule = context.ask("/internal/audit/rate_limiting")["posts"]
    allowance = msgspec.convert(rule["allowance"], Allowance | None)
    limit, window_s = int(rule["limit"]), float(rule["window_s"])
    authors = [fact.key for fact in _facts(context, "rate_limiting.sign_up")]
    attempts = _facts(context, "rate_limiting.attempt")
    return msgspec.structs.replace(
        check_window_counts(attempts, limit, window_s, allowance, rested=authors),
        about="over-admitted",
        promise=f"at most {limit} posts of an author in any {window_s:g} s",
        floor="most posts were answered, and at least 90 % of what the strategy's own allowance admits, and"
        " more than none, was admitted",
    )


def check_locking(context: CheckContext) -> CheckResult:
    """Judge the journal of the jobs that this run started."""
    last_id: int = _before(context, "locking")
    journal = context.ask("/internal/audit/locking")["journal"]
    return msgspec.structs.replace(
        check_fencing(_lock_entry(entry) for entry in journal if entry["id"] > last_id),
        about="stale writes",
        promise="no job writes after a newer job of its video has, and every job is finished",
        floor="jobs were completed",
    )


def check_view_counting(context: CheckContext) -> CheckResult:
    """Judge what the primary and the buffers hold, after the drain, against the acknowledged views."""
    before: Counts = _before(context, "view_counting")
    after: Counts = context.ask("/internal/audit/view_counting")["videos"]
    return msgspec.structs.replace(
        check_lost_updates(_facts(context, "view_counting.view"), _totals(before), _totals(after)),
        about="views lost or counted twice",
        promise="every acknowledged view is counted once, after the drain, on the primary",
        floor="views reached the database",
        floor_met=_stored(after) > _stored(before),
    )


def check_replica_routing(context: CheckContext) -> CheckResult:
    """Judge each session's reads of its own profile against what it wrote and read before."""
    facts = [fact for fact in context.events if fact.operation.startswith("replica_routing.")]
    nodes = [f.value["node"] for f in facts if f.operation == "replica_routing.read" and f.outcome == "ok"]
    on_replicas = sum(node not in ("", "primary") for node in nodes)  # "" where it was not said
    result = check_sessions(facts)
    return msgspec.structs.replace(
        result,
        about="reads behind their own write",
        promise="no session reads a state older than its own last write or its own last read",
        floor="replicas answered some reads",
        floor_met=on_replicas > 0 or context.strategies.get("replica_routing") == "primary_only",
        measures={"reads": len(nodes), "reads_on_replicas": on_replicas},
    )


def _facts(context: CheckContext, operation: str) -> list[Event]:
    return [event for event in context.events if event.operation == operation]


def _before(context: CheckContext, family: str) -> Any:
    """Return what the first process to ask was told before the load; raises LoadstoneError without it."""
    facts = _facts(context, f"{family}.before")
    if not facts:
        raise LoadstoneError(
            f"nobody noted what the service held before the load, so {family} cannot be judged.",
            "Call note_counts_before in the scenario's on_start, and run the service outside production.",
        )
    return min(facts, key=lambda fact: fact.start_s).value


def _totals(counts: Counts) -> dict[str, int]:
    return {video: kept["stored"] + kept["buffered"] for video, kept in counts.items()}


def _stored(counts: Counts) -> int:
    return sum(kept["stored"] for kept in counts.values())


def _describe_unexpected(read: Event) -> dict[str, Any]:
    return {
        "kind": "field outside the schema",
        "key": read.key,
        "read_at_s": round(read.start_s, 6),
        "fields": read.value["unexpected"],
    }


def _lock_entry(entry: Mapping[str, Any]) -> LockEntry:
    """Return an entry of the service's journal in the words of the general checker."""
    return LockEntry(
        id=entry["id"],
        name=f"video/{entry['video_id']}",
        holder=entry["job"],
        entry=entry["entry"],
        at_s=entry["at_s"],
        fence=entry["fence"],
        status=entry["status"],
    )


def _explained(family: str, check: Check) -> Check:
    """Return the check, telling what in the strategy breaks the promise when it found violations."""

    def explained(context: CheckContext) -> CheckResult:
        result = check(context)
        reason = CONVICTIONS.get((family, context.strategies.get(family, "")), "")
        return msgspec.structs.replace(result, conviction=reason) if result.violations else result

    return explained


CHECKS: dict[str, Check] = {
    family: _explained(family, check)
    for family, check in {
        "caching": check_caching,
        "rate_limiting": check_rate_limiting,
        "locking": check_locking,
        "view_counting": check_view_counting,
        "replica_routing": check_replica_routing,
    }.items()
}
