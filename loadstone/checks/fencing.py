"""Stale writes: whether an old holder of a lock changed what a newer holder had changed already.

Kleppmann, "How to do distributed locking" (2016): a lease alone cannot prevent that, a fence can. A grant is
surely older than another when its fence is lower; without fences, or with equal ones, when it was entered
before the other was asked for. Two holders at once are no violation: a fenced lease may overlap by design.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from loadstone.checks.examples import first_examples
from loadstone.checks.intervals import count_overlaps
from loadstone.checks.lock_journal import Attempt, LockEntry, Position, attempts_by_name
from loadstone.records.run import CheckResult

STALE_WRITE = "stale write"
FINAL_OVERWRITTEN = "final status overwritten"
NEVER_FINISHED = "job never finished"


def check_fencing(
    entries: Iterable[LockEntry], completed: str = "completed", failed: str = "failed"
) -> CheckResult:
    """Return the stale writes committed, final statuses overwritten by one, and jobs that nobody finished.

    `completed` and `failed` are the final statuses. A stale write over a newer holder's final status counts
    as the latter alone. A granted job is unfinished when neither it nor a surely newer one of its name wrote
    a final status, and no write of it was refused. If it has left, nobody finished it. If not, it is
    indeterminate, and counted as `still_running`: its process may be at it yet, or has died. So ask for the
    journal when no job should run any more.
    Observed are the grants of a name that another wanted or held at the time. The floor: at least one job
    was completed.
    """
    by_name = attempts_by_name(entries)
    final = {completed, failed}
    violations: list[dict[str, Any]] = []
    observed = still_running = 0
    for attempts in by_name.values():
        grants = [attempt for attempt in attempts if attempt.enter]
        unfinished = list(_unfinished(grants, final))
        observed += _contended(attempts)
        still_running += sum(grant.leave is None for grant in unfinished)
        violations += _stale_writes(grants, final)
        violations += [_describe_unfinished(grant) for grant in unfinished if grant.leave]
    everyone = [attempt for attempts in by_name.values() for attempt in attempts]
    return CheckResult(
        violations=len(violations),
        observed=observed,
        indeterminate=still_running,
        examples=first_examples(violations),
        breakdown={
            kind: sum(violation["kind"] == kind for violation in violations)
            for kind in (STALE_WRITE, FINAL_OVERWRITTEN, NEVER_FINISHED)
        },
        floor_met=any(attempt.enter and _wrote(attempt, {completed}) for attempt in everyone),
        measures={**_measures(everyone, completed), "still_running": still_running},
    )


def _asked(grant: Attempt, fenced: bool) -> Position:
    return grant.position(grant.ask, fenced)


def _entered(grant: Attempt, fenced: bool) -> Position:
    return grant.position(grant.enter, fenced)


def _fenced(grants: Iterable[Attempt]) -> bool:
    return all(grant.enter and grant.enter.fence is not None for grant in grants)


def _wrote(attempt: Attempt, statuses: AbstractSet[str]) -> bool:
    return any(write.status in statuses for write in attempt.writes)


def _stale_writes(grants: Sequence[Attempt], final: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    """Pass over a name's writes in commit order, keeping the newest grant that has written."""
    fenced = _fenced(grants)
    writes = sorted(
        ((write, grant) for grant in grants for write in grant.writes), key=lambda pair: pair[0].id
    )
    newest: tuple[LockEntry, Attempt] | None = None
    standing: tuple[LockEntry, Attempt] | None = None
    for write, grant in writes:
        if newest and standing and _entered(grant, fenced) < _asked(newest[1], fenced):
            over_final = standing[0].status in final and _entered(grant, fenced) < _asked(standing[1], fenced)
            yield _describe(FINAL_OVERWRITTEN if over_final else STALE_WRITE, write, newest[0], standing[0])
        if newest is None or _asked(grant, fenced) > _asked(newest[1], fenced):
            newest = write, grant
        standing = write, grant


def _unfinished(grants: Sequence[Attempt], final: AbstractSet[str]) -> Iterator[Attempt]:
    """Yield the grants that neither they themselves nor a surely newer one brought to an end."""
    fenced = _fenced(grants)
    finished = [_asked(grant, fenced) for grant in grants if _wrote(grant, final)]
    newest = max(finished, default=(-1, -1))
    for grant in grants:
        if not (_wrote(grant, final) or grant.refused_writes or _entered(grant, fenced) < newest):
            yield grant


def _contended(attempts: Sequence[Attempt]) -> int:
    """Return how many grants of a name met another attempt, between their ask and their end.

    Met are the attempts that began before the grant's end, less those that had ended before its begin; the
    grant itself is among them.
    """
    spans = [(_span(attempt), attempt.enter is not None) for attempt in attempts]
    begins = sorted(begin for (begin, _), _ in spans)
    ends = sorted(end for (_, end), _ in spans)
    return sum(
        granted and bisect_right(begins, last) - bisect_left(ends, first) > 1
        for (first, last), granted in spans
    )


def _span(attempt: Attempt) -> tuple[int, float]:
    """Return the first and last id of an attempt; a granted one that never left goes on for ever."""
    known = [
        e for e in (attempt.ask, attempt.enter, attempt.leave, *attempt.writes, *attempt.refused_writes) if e
    ]
    ids = [entry.id for entry in known]
    return min(ids), float("inf") if attempt.enter and not attempt.leave else max(ids)


def _measures(attempts: Sequence[Attempt], completed: str) -> dict[str, float]:
    overlaps = count_overlaps(holding for attempt in attempts if (holding := attempt.holding))
    waits_s = [attempt.enter.at_s - attempt.ask.at_s for attempt in attempts if attempt.enter and attempt.ask]
    return {
        "granted": sum(attempt.enter is not None for attempt in attempts),
        "refused": sum(attempt.ask is not None and attempt.enter is None for attempt in attempts),
        "completed": sum(bool(attempt.enter) and _wrote(attempt, {completed}) for attempt in attempts),
        "superseded": sum(bool(attempt.refused_writes) for attempt in attempts),
        "overlapping_holders": overlaps.pairs,
        "longest_overlap_s": round(overlaps.longest_s, 6),
        "longest_wait_s": round(max(waits_s, default=0.0), 6),
    }


def _describe_unfinished(grant: Attempt) -> dict[str, Any]:
    return {
        "kind": NEVER_FINISHED,
        "key": grant.name,
        "holder": grant.holder,
        "entered_at_s": grant.enter.at_s if grant.enter else None,
        "last_status": grant.writes[-1].status if grant.writes else None,
    }


def _describe(kind: str, write: LockEntry, newer: LockEntry, standing: LockEntry) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": write.name,
        "holder": write.holder,
        "fence": write.fence,
        "wrote": write.status,
        "at_s": write.at_s,
        "newer_holder": newer.holder,
        "newer_fence": newer.fence,
        "newer_wrote_at_s": newer.at_s,
        "overwrote": standing.status,
    }
