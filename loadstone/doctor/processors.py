"""The processors: how many, and whether their speed stays the same."""

import os

from loadstone.records import kernel
from loadstone.records.environment import cpu_model
from loadstone.records.finding import Finding, judged


def processor_findings() -> list[Finding]:
    """Return what this machine's processors are like."""
    return [
        cores(cpu_model(), os.cpu_count() or 1, len(os.sched_getaffinity(0))),
        governor(kernel.governor()),
        turbo(kernel.turbo()),
        threads(kernel.smt()),
        quota(kernel.quota_of_cgroups()),
    ]


def cores(model: str, present: int, allowed: int) -> Finding:
    """Two cores let the generator and the system be apart."""
    return judged(
        "processors",
        f"{model}, {present} cores" + (f", {allowed} of them for us" if allowed < present else ""),
        allowed < 2,
        "Give it two cores or more: on one, the generator slows the system that it measures.",
    )


def governor(name: str | None) -> Finding:
    """Any other than `performance` lets the clock follow the load."""
    return judged(
        "clock governor",
        name,
        name != "performance",
        "Set it: cpupower frequency-set -g performance; else a quiet second and a busy one differ in clock.",
    )


def turbo(enabled: bool | None) -> Finding:
    """Above the nominal rate the clock depends on temperature and on the neighbours."""
    return judged(
        "turbo",
        None if enabled is None else "on" if enabled else "off",
        bool(enabled),
        "Switch it off where runs are compared: with it the clock depends on the temperature.",
    )


def threads(enabled: bool | None) -> Finding:
    """Two threads of one core are not two cores."""
    return judged(
        "threads per core (SMT)",
        None if enabled is None else "two" if enabled else "one",
        bool(enabled),
        "Keep the generator's sibling thread idle (taskset), or switch SMT off.",
    )


def quota(limit_cores: float | None) -> Finding:
    """A quota stops all threads for the rest of a period once it is used up."""
    return judged(
        "processor quota",
        "none" if limit_cores is None else f"{limit_cores:g} cores",
        limit_cores is not None,
        "Lift it: whoever reaches a quota stands still for the rest of a tenth of a second.",
    )
