"""The load generator: its event loop, and what each client can do."""

import subprocess
from collections.abc import Callable
from functools import partial

from loadstone.calibration import USABLE_SHARE, Calibration, calibrate, measure_idle_loop
from loadstone.errors import LoadstoneError
from loadstone.null_load import USER_CLASSES
from loadstone.records.finding import BAD, Finding, judged
from loadstone.records.idle_loop import IdleLoop
from loadstone.reports.units import seconds_text

IDLE_LAG_BOUND_S = 0.001


def generator_findings(step: Callable[[str], None]) -> list[Finding]:
    """Return what the generator is capable of, measured anew: a calibration may be from a busier hour."""
    step("watching an idle event loop")
    findings = [_tried("event loop", lambda: event_loop(measure_idle_loop()))]
    for client in USER_CLASSES:
        step(f"calibrating {client}")
        findings.append(_tried(client, partial(_capacity_of, client)))
    return findings


def event_loop(idle: IdleLoop) -> Finding:
    """An idle loop's lag is the best that a run can have."""
    library = f"libev {idle.libev}" if idle.libev else idle.loop
    timer = "timerfd" if idle.timerfd else "no timerfd"
    return judged(
        "event loop",
        f"{library}, {timer}, wakes {seconds_text(idle.lag_p99_s)} late (p99, idle)",
        not idle.timerfd or idle.lag_p99_s > IDLE_LAG_BOUND_S,
        "Arrivals will be sent late: quieten the machine, or use one whose kernel has timerfd.",
    )


def capacity(calibration: Calibration) -> Finding:
    """What one process can do, and what of it is fit to measure with."""
    usable = USABLE_SHARE * calibration.rate
    cost = seconds_text(calibration.cpu_s_per_request)
    return Finding(
        calibration.client, f"measures up to {usable:,.0f} arrivals/s a process ({cost} of CPU each)"
    )


def _capacity_of(client: str) -> Finding:
    return capacity(calibrate(client))


def _tried(name: str, find: Callable[[], Finding]) -> Finding:
    """Return the finding, or that the generator does not work: nothing can be measured then."""
    try:
        return find()
    except (LoadstoneError, subprocess.SubprocessError) as error:
        return Finding(name, f"does not work: {error}", BAD, "Mend what it says; nothing can be measured.")
