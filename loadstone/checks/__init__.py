"""What a checker is, and the general ones: pure functions of facts.

A project wires them to its scenarios in the module that `[tool.loadstone] checks` names; that module holds
`CHECKS`, a mapping from a check's name to a `Check`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from loadstone.records.event import Event
from loadstone.records.run import CheckResult


@dataclass(frozen=True)
class CheckContext:
    """What a check may look at, after the drain.

    `ask` fetches a path of the running system and returns the decoded JSON (the inside's journals, the
    primary's counts); it raises LoadstoneError when the system does not answer. `settings` are the
    scenario's own numbers, `strategies` and `environment` the configuration under test, and `measures`
    what the record's `patterns` hold so far.
    """

    events: Sequence[Event]
    ask: Callable[[str], Any]
    settings: dict[str, str] = field(default_factory=dict)
    strategies: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    measures: dict[str, dict[str, Any]] = field(default_factory=dict)


Check = Callable[[CheckContext], CheckResult]
