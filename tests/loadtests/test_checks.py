import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from loadstone.checks import CheckContext
from loadstone.errors import LoadstoneError
from loadstone.records.event import Event, Outcome
from loadstone.records.run import CheckResult
from loadtests.checks import CHECKS, CONVICTIONS


def event(
    operation: str,
    value: Any,
    start_s: float = 0.0,
    key: str = "k",
    session: str = "",
    outcome: Outcome = "ok",
    end_s: float | None = None,
) -> Event:
    return Event(session, key, operation, value, start_s, end_s or start_s, outcome)


def judge(
    family: str, strategy: str, events: Sequence[Event], audit: dict[str, Any] | None = None, **settings: str
) -> CheckResult:
    """Return the check's verdict where the service answers with this audit."""
    ask: Callable[[str], Any] = {f"/internal/audit/{family}": audit}.__getitem__
    return CHECKS[family](CheckContext(events, ask, settings=settings, strategies={family: strategy}))


def read(version: int, start_s: float, source: str = "hit", **more: Any) -> Event:
    return event(
        "caching.read", {"version": version, "content": str(version), "source": source, **more}, start_s
    )


UPDATE = event("caching.update", {"version": 2, "content": "2"}, 1.0)


def test_caching_convicts_the_guide_of_a_read_older_than_the_bound() -> None:
    result = judge("caching", "guide", [UPDATE, read(1, 2.5)], staleness_bound_s="1.0")
    assert (result.violations, result.observed) == (1, 1)
    assert result.conviction.startswith("Our reading of the guide: ")


def test_the_bound_on_staleness_is_the_scenarios_and_is_shown() -> None:
    result = judge("caching", "guide", [UPDATE, read(1, 2.5)], staleness_bound_s="2.0")
    assert result.violations == 0
    assert result.conviction == ""
    assert "2 s" in result.promise


def test_a_field_outside_the_schema_is_a_violation() -> None:
    result = judge("caching", "lease", [UPDATE, read(2, 2.5, unexpected=["password_hash"])])
    assert result.breakdown["field outside the schema"] == 1
    assert result.examples[0]["fields"] == ["password_hash"]


@pytest.mark.parametrize(("strategy", "floor_met"), [("lease", False), ("uncached", True)])
def test_a_cache_that_never_hits_fails_its_floor_unless_there_is_none(strategy: str, floor_met: bool) -> None:
    assert judge("caching", strategy, [UPDATE, read(2, 2.5, source="load")]).floor_met is floor_met


RULE = {"posts": {"limit": 2, "window_s": 2.0, "allowance": {"burst": 2, "more": 2, "every_s": 2.0}}}


def posts(*admitted: bool) -> list[Event]:
    signed_up = event("rate_limiting.sign_up", None, key="7")
    attempts = [event("rate_limiting.attempt", {"admitted": a}, 0.1 * n, "7") for n, a in enumerate(admitted)]
    return [signed_up, *attempts]


def test_rate_limiting_counts_admissions_beyond_the_services_own_rule() -> None:
    result = judge("rate_limiting", "guide_fixed", posts(True, True, True), RULE)
    assert (result.violations, result.observed) == (1, 3)
    assert result.promise == "at most 2 posts of an author in any 2 s"
    assert "guide" in result.conviction


def test_a_limiter_that_refuses_a_rested_author_fails_its_floor() -> None:
    assert not judge("rate_limiting", "gcra", posts(False, False), RULE).floor_met
    assert judge("rate_limiting", "gcra", posts(True, True, False), RULE).floor_met


def test_without_an_allowance_everything_is_due() -> None:
    rule = {"posts": {**RULE["posts"], "allowance": None}}
    assert not judge("rate_limiting", "unlimited", posts(True, False), rule).floor_met


def entry(id: int, job: str, kind: str, status: str | None = None) -> dict[str, Any]:
    return {
        "id": id,
        "video_id": 3,
        "job": job,
        "fence": None,
        "entry": kind,
        "status": status,
        "at_s": float(id),
    }


LATE = [
    entry(1, "a", "ask"),
    entry(2, "a", "enter"),
    entry(3, "b", "ask"),
    entry(4, "b", "enter"),
    entry(5, "b", "write", "completed"),
    entry(6, "a", "write", "completed"),
]


def test_locking_convicts_the_guide_of_a_late_write() -> None:
    before = event("locking.before", 0, key="")
    result = judge("locking", "guide", [before], {"journal": LATE, "videos": {"3": "completed"}})
    assert result.violations == 1
    assert result.examples[0]["key"] == "video/3"
    assert "lease" in result.conviction


def test_what_was_in_the_journal_before_the_run_is_not_judged() -> None:
    before = event("locking.before", 6, key="")
    result = judge("locking", "guide", [before], {"journal": LATE, "videos": {}})
    assert (result.violations, result.observed, result.floor_met) == (0, 0, False)


def views_before(**kept: tuple[int, int]) -> Event:
    """What was stored and buffered of each video, v1 being video 1."""
    counts = {name[1:]: {"stored": s, "buffered": b} for name, (s, b) in kept.items()}
    return event("view_counting.before", counts, key="")


def test_view_counting_starts_from_what_was_counted_before() -> None:
    views = [event("view_counting.view", {"viewer": f"v{n}"}, key="1") for n in range(3)]
    audit = {"videos": {"1": {"stored": 11, "buffered": 1}, "2": {"stored": 0, "buffered": 0}}}
    innocent = judge("view_counting", "buffered_swap", [views_before(v1=(8, 1)), *views], audit)
    assert (innocent.violations, innocent.observed, innocent.floor_met) == (0, 3, True)
    losing = judge("view_counting", "guide_buffered", [views_before(v1=(9, 1)), *views], audit)
    assert losing.breakdown["lost"] == 1
    assert "deleted" in losing.conviction


def test_views_that_only_sit_in_a_buffer_fail_the_floor() -> None:
    audit = {"videos": {"1": {"stored": 5, "buffered": 1}}}
    views = [event("view_counting.view", {"viewer": "v"}, key="1")]
    result = judge("view_counting", "buffered_swap", [views_before(v1=(5, 0)), *views], audit)
    assert (result.violations, result.floor_met) == (0, False)


@pytest.mark.parametrize("family", ["locking", "view_counting"])
def test_without_what_was_before_nothing_is_judged(family: str) -> None:
    with pytest.raises(LoadstoneError, match=f"nobody noted .* so {family} cannot be judged"):
        judge(family, "", [], {"journal": [], "videos": {}})


def test_of_several_processes_the_first_one_knows_what_was_before() -> None:
    later = event("locking.before", 6, 2.0, key="")
    earlier = event("locking.before", 0, 1.0, key="")
    assert judge("locking", "guide", [later, earlier], {"journal": LATE, "videos": {}}).violations == 1


def profile(verb: str, version: int, node: str = "") -> Event:
    return event(f"replica_routing.{verb}", {"version": version, "node": node}, session="s")


def test_replica_routing_convicts_the_guide_of_a_read_behind_the_sessions_own_write() -> None:
    facts = [profile("write", 2), profile("read", 1, "replica-1")]
    result = judge("replica_routing", "guide_random", facts)
    assert (result.violations, result.observed, result.floor_met) == (1, 1, True)
    assert "guide" in result.conviction


@pytest.mark.parametrize("node", ["primary", ""])
@pytest.mark.parametrize(("strategy", "floor_met"), [("lsn_token", False), ("primary_only", True)])
def test_a_router_that_never_asks_a_replica_fails_its_floor_unless_it_is_not_meant_to(
    strategy: str, floor_met: bool, node: str
) -> None:
    facts = [profile("write", 2), profile("read", 2, node)]
    assert judge("replica_routing", strategy, facts).floor_met is floor_met


def test_every_guide_strategy_of_the_project_has_a_conviction() -> None:
    from service.patterns import caching, locking, rate_limiting, replica_routing, view_counting

    for family in (caching, locking, rate_limiting, replica_routing, view_counting):
        name = family.__name__.rpartition(".")[2]
        (guide,) = [strategy for strategy in family.STRATEGIES if strategy.startswith("guide")]
        assert (name, guide) in CONVICTIONS


def test_the_checks_load_neither_locust_nor_gevent() -> None:
    program = "import loadtests.checks, sys; print({'locust', 'gevent'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
