"""Loadstone: load testing that shows speed and correctness in one table."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.load.arrival import arrival_random as arrival_random
    from loadstone.load.facts import record_event as record_event
    from loadstone.load.facts import scenario_setting as scenario_setting
    from loadstone.load.http.user import HttpUser as HttpUser

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what locustfiles need when they ask: importing loadstone loads neither locust nor gevent."""
    if name in {"record_event", "scenario_setting"}:
        from loadstone.load import facts

        return getattr(facts, name)
    if name == "arrival_random":
        from loadstone.load import arrival

        return arrival.arrival_random
    if name == "HttpUser":
        from loadstone.load.http.user import HttpUser

        return HttpUser
    raise AttributeError(f"module 'loadstone' has no attribute {name!r}")
