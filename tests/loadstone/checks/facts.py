"""Short ways to write facts down."""

from typing import Any

from loadstone.records.event import Event, Outcome


def read(key: str, version: int, content: str, start_s: float, end_s: float) -> Event:
    return Event("", key, "caching.read", {"version": version, "content": content}, start_s, end_s)


def update(
    key: str, version: int, content: str, start_s: float, end_s: float, outcome: Outcome = "ok"
) -> Event:
    value: dict[str, Any] = {"content": content}
    if outcome == "ok":
        value["version"] = version
    return Event("", key, "caching.update", value, start_s, end_s, outcome)


def attempt(
    key: str, admitted: bool | None, start_s: float, end_s: float | None = None, outcome: Outcome = "ok"
) -> Event:
    return Event("", key, "rate_limiting.attempt", {"admitted": admitted}, start_s, end_s or start_s, outcome)


def increment(key: str, outcome: Outcome = "ok") -> Event:
    return Event("", key, "view_counting.view", None, 0.0, 0.0, outcome)


def session_fact(session: str, verb: str, key: str, version: int, outcome: Outcome = "ok") -> Event:
    return Event(session, key, f"replica_routing.{verb}", {"version": version}, 0.0, 0.0, outcome)
