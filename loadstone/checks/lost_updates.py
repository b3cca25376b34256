"""Lost updates: whether a counter holds every increment it acknowledged, and no other.

Per key, T = after − before is what the counter gained. Acknowledged increments beyond T were lost; what T
has beyond the acknowledged ones and those without an answer was counted twice. Assumed: each increment is
unique and was sent once, nobody else increments these keys, and `after` was read when nothing was under way.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from loadstone.checks.examples import first_examples
from loadstone.records.event import Event
from loadstone.records.run import CheckResult


def check_lost_updates(
    increments: Iterable[Event], before: Mapping[str, int], after: Mapping[str, int]
) -> CheckResult:
    """Return how many increments were lost or counted twice; a key absent from a mapping counts 0.

    `after` adds up everything the system keeps for a key: stored, and still buffered.
    """
    acknowledged: Counter[str] = Counter()
    unanswered: Counter[str] = Counter()
    for increment in increments:
        if increment.outcome == "ok":
            acknowledged[increment.key] += 1
        elif increment.outcome == "indeterminate":
            unanswered[increment.key] += 1
    accounts = [
        _account(key, after.get(key, 0) - before.get(key, 0), acknowledged[key], unanswered[key])
        for key in sorted({*acknowledged, *unanswered, *before, *after})
    ]
    lost = sum(account["lost"] for account in accounts)
    twice = sum(account["counted_twice"] for account in accounts)
    return CheckResult(
        violations=lost + twice,
        observed=acknowledged.total(),
        indeterminate=unanswered.total(),
        examples=first_examples(a for a in accounts if a["lost"] or a["counted_twice"]),
        breakdown={"lost": lost, "counted twice": twice},
    )


def _account(key: str, gained: int, acknowledged: int, unanswered: int) -> dict[str, Any]:
    return {
        "key": key,
        "gained": gained,
        "acknowledged": acknowledged,
        "unanswered": unanswered,
        "lost": max(0, acknowledged - gained),
        "counted_twice": max(0, gained - acknowledged - unanswered),
    }
