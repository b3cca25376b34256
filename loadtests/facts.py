"""Facts in the making: what a scenario tells the checks, also when no answer comes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadstone import record_event
from loadstone.records.event import Outcome


class Fact:
    """One operation that a check will judge: indeterminate until it is settled."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value
        self.outcome: Outcome = "indeterminate"

    def settle(self, **value: Any) -> None:
        """Note that it happened, and with what result."""
        self.value.update(value)
        self.outcome = "ok"

    def refuse(self) -> None:
        """Note that it surely did not happen."""
        self.outcome = "failed"


@contextmanager
def fact(key: str, operation: str, session: str = "", **value: Any) -> Iterator[Fact]:
    """Record what is done inside, from before the request to after the answer.

    It is recorded whatever ends it: a user who is stopped after the drain leaves a request that the service
    may still carry out.
    """
    pending = Fact(value)
    start_s = time.monotonic()
    try:
        yield pending
    finally:
        record_event(
            key, operation, pending.value, start_s, time.monotonic(), pending.outcome, process=session
        )
