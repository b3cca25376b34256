"""What the machine is doing now, while nothing is measured."""

import os
import time

from loadstone.records.finding import Finding, judged
from loadstone.records.pressure import (
    CPU_STALL_SHARE_BOUND,
    LOAD_PER_CORE_BOUND,
    STEAL_SHARE_BOUND,
    Pressure,
    changes,
    pressure,
)

WATCHED_S = 1.0


def present_findings() -> list[Finding]:
    """Return what disturbed this machine during one second."""
    before = pressure()
    time.sleep(WATCHED_S)
    after = pressure()
    cores = os.cpu_count() or 1
    return [load(before, cores), steal(before, after, cores), waiting(before, after), throttling(after)]


def load(now: Pressure, cores: int) -> Finding:
    """Other programs' work shows in the latencies."""
    return judged(
        "load average",
        f"{now.load_average_1m:.2f} on {cores} cores",
        now.load_average_1m > LOAD_PER_CORE_BOUND * cores,
        "Wait until the machine is quiet, or find out what runs: top.",
    )


def steal(before: Pressure, after: Pressure, cores: int) -> Finding:
    """What the host gives to other guests is missing here."""
    share = _share(before, after, "steal_s", cores)
    return judged(
        "steal",
        None if share is None else f"{share:.1%} in one second",
        (share or 0.0) > STEAL_SHARE_BOUND,
        "Other machines on this host take processor time: measure elsewhere, or repeat and compare.",
    )


def waiting(before: Pressure, after: Pressure) -> Finding:
    """Pressure stall information: how long somebody who could run had to wait."""
    share = _share(before, after, "cpu_stalled_s", 1)
    return judged(
        "waiting for a processor (PSI)",
        None if share is None else f"{share:.0%} of one second",
        (share or 0.0) > CPU_STALL_SHARE_BOUND,
        "More wants to run than there are cores: stop what is not needed.",
    )


def throttling(now: Pressure) -> Finding:
    """Since the container began."""
    periods = now.throttled_periods
    return judged(
        "throttled so far",
        None if periods is None else f"{periods:,} periods, {now.throttled_s or 0.0:.1f} s",
        bool(periods),
        "This container's quota has stopped it before: raise or lift the quota.",
    )


def _share(before: Pressure, after: Pressure, total: str, cores: int) -> float | None:
    change = changes(before, after)
    return change[total] / change["elapsed_s"] / cores if total in change else None
