"""The record of one run: `run.json`, versioned and self-describing. Seconds and bytes, as numbers.

What was not measured is absent, never 0. History of the format:
  1  first; later also Server-Timing, whole arrivals, canary lag, workers, users and the timeline's step
"""

from pathlib import Path
from typing import Any

import msgspec

from loadstone.errors import LoadstoneError

SCHEMA_VERSION = 1


class Quantiles(msgspec.Struct, omit_defaults=True):
    """Seconds. A quantile is there only from 10/(1 − q) samples on.

    `lower_bound` names the quantiles that are at least the value shown, because of what was never answered:
    more than 1 − q of the plan, or so much that it could have moved the quantile by more than 1 %.
    """

    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None
    lower_bound: list[str] = msgspec.field(default_factory=list)


class OkSummary(msgspec.Struct):
    """Latencies of the successes alone."""

    latency_s: Quantiles


class EndpointSummary(msgspec.Struct, omit_defaults=True):
    """One endpoint after the warm-up: `latency_s` from the intended start, `service_time_s` from the send."""

    requests: int
    errors: int
    rate: float
    latency_s: Quantiles
    service_time_s: Quantiles
    ok: OkSummary
    error_messages: dict[str, int] = msgspec.field(default_factory=dict)
    server_timing_s: dict[str, Quantiles] = msgspec.field(default_factory=dict)  # parts the server told of


class ArrivalsSummary(msgspec.Struct):
    """The plan and what became of it, after the warm-up. `planned` = `sent` + `dropped`.

    `latency_s` is of whole arrivals: intended start → end of the task, its thinking included.
    Of a closed workload `kind` is `closed`, and every request counts as one arrival.
    """

    kind: str
    rate: float
    planned: int
    sent: int
    completed: int
    dropped: int
    unfinished: int
    wake_lag_s: Quantiles
    queue_lag_s: Quantiles
    canary_lag_s: Quantiles = msgspec.field(default_factory=Quantiles)
    latency_s: Quantiles = msgspec.field(default_factory=Quantiles)


class Configuration(msgspec.Struct, omit_defaults=True):
    """What was run: the strategy of every family, and every setting given to the service."""

    strategies: dict[str, str] = msgspec.field(default_factory=dict)
    settings: dict[str, str] = msgspec.field(default_factory=dict)


class CheckResult(msgspec.Struct):
    """What one check found. `observed` counts facts that could have been violations.

    `floor_met` is false when the system no longer did its work (a limiter that refuses everything);
    then, or with a violation, the check has failed. `about` says in words what the counts count.
    """

    violations: int
    observed: int
    indeterminate: int = 0
    examples: list[dict[str, Any]] = msgspec.field(default_factory=list)
    about: str = ""  # "views lost or counted twice"
    promise: str = ""  # what all strategies of the family are held against, with its bounds
    floor: str = ""  # what must have happened for the check to mean anything
    floor_met: bool = True
    breakdown: dict[str, int] = msgspec.field(default_factory=dict)  # kind of violation → count
    measures: dict[str, float] = msgspec.field(default_factory=dict)  # described, not judged
    conviction: str = ""  # what in the strategy breaks the promise; given with violations

    @property
    def passed(self) -> bool:
        """True when nothing was violated and the system still did its work."""
        return self.violations == 0 and self.floor_met


class Timeline(msgspec.Struct):
    """One entry every `step_s` seconds; `t_s` counts from the end of the warm-up, which is negative.

    Columns `arrivals.*`, `latency_s.*`, `lag_s.*`, `generator.*` are the generator's; the others are named by
    measures. Counts and deltas are of the whole step. None: not measured.
    """

    columns: dict[str, list[float | None]] = msgspec.field(default_factory=dict)
    step_s: int = 1


class Run(msgspec.Struct, kw_only=True):
    """One execution of one configuration. `valid` is about the measurement, not about the system.

    Every name is written, also at its default: readers rely on them, `schema_version` first.
    """

    schema_version: int = SCHEMA_VERSION
    id: str
    started_at: str  # ISO 8601, UTC
    command: str = ""  # what repeats it
    configuration: Configuration
    scenario: str
    seed: int
    workload: str = "open"
    users: int = 0  # of a closed workload
    workers: list[str] = msgspec.field(default_factory=list)  # names of the load processes, where several
    partial: bool = False
    valid: bool = True
    invalid_reasons: list[str] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)
    duration_s: float
    warm_up_s: float
    drain_s: float
    measured_s: float = 0.0  # seconds after the warm-up that the numbers cover
    arrivals: ArrivalsSummary
    endpoints: dict[str, EndpointSummary] = msgspec.field(default_factory=dict)
    total: EndpointSummary
    session_endpoints: dict[str, EndpointSummary] = msgspec.field(default_factory=dict)
    patterns: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    pattern_notes: dict[str, str] = msgspec.field(default_factory=dict)  # family → one line of what it did
    checks: dict[str, CheckResult] = msgspec.field(default_factory=dict)
    objectives: list[dict[str, Any]] = msgspec.field(default_factory=list)
    faults: list[dict[str, Any]] = msgspec.field(default_factory=list)
    timeline: Timeline = msgspec.field(default_factory=Timeline)
    environment: dict[str, Any] = msgspec.field(default_factory=dict)
    histograms: dict[str, dict[str, dict[str, str]]] = msgspec.field(default_factory=dict)

    @property
    def failed_checks(self) -> list[str]:
        """Names of checks with a violation or a missed floor; a partial run had no time for floors."""
        return [
            name
            for name, check in self.checks.items()
            if check.violations or not (check.floor_met or self.partial)
        ]

    @property
    def verdict(self) -> str:
        """One word: FAIL before INVALID before PARTIAL before PASS. An invalid run has no objectives."""
        if self.failed_checks:
            return "FAIL"
        if not self.valid:
            return "INVALID"
        if not all(objective.get("passed", True) for objective in self.objectives):
            return "FAIL"
        return "PARTIAL" if self.partial else "PASS"


def encode_run(run: Run) -> bytes:
    """Return `run.json` as written: indented; below the top level, None and defaults are left out."""
    return msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n"


def read_run(path: Path) -> Run:
    """Return the record in a `run.json`.

    Raises LoadstoneError when it cannot be read, is no record, or has a schema this version does not know.
    """
    try:
        content = path.read_bytes()
        version = msgspec.json.decode(content).get("schema_version")
    except OSError as error:
        raise LoadstoneError(
            f"cannot read {path}: {error.strerror}.", "Give a run directory or a run.json."
        ) from error
    except (msgspec.DecodeError, AttributeError) as error:
        raise LoadstoneError(
            f"{path} is no run record: {error}.", "Give a run.json that loadstone wrote."
        ) from error
    if version != SCHEMA_VERSION:
        raise LoadstoneError(
            f"{path} has schema version {version}; this Loadstone reads version {SCHEMA_VERSION}.",
            "Render it with the release that wrote it.",
        )
    try:
        return msgspec.json.decode(content, type=Run)
    except msgspec.ValidationError as error:
        raise LoadstoneError(
            f"{path} is damaged: {error}.", "Fold its journal.jsonl again with `loadstone report`."
        ) from error
