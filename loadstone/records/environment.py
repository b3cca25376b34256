"""What the machine was: kept with every record, so that a number can be read where it was made."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

import loadstone


def machine_facts() -> dict[str, Any]:
    """Return processor, cores, memory, kernel, Python and the load on the machine as a run begins."""
    return {
        "cpu_model": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "loadstone": loadstone.__version__,
        "load_average_1m": os.getloadavg()[0],
    }


def revision_facts(directory: Path) -> dict[str, Any]:
    """Return the git revision of a directory and whether it has uncommitted changes; empty outside of git."""
    revision = _git(directory, "rev-parse", "HEAD")
    if revision is None:
        return {}
    return {"git_revision": revision, "git_dirty": bool(_git(directory, "status", "--porcelain"))}


def disturbances(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Return warnings about what disturbed the machine between two `pressure()` readings."""
    warnings = []
    elapsed_s = after["at_s"] - before["at_s"]
    if after["throttled"] > before["throttled"]:
        warnings.append("the machine throttled this container's processors during the run.")
    steal = (after["steal_s"] - before["steal_s"]) / (elapsed_s * (os.cpu_count() or 1))
    if steal > 0.01:
        warnings.append(f"other machines on this host took {steal:.1%} of the processors (steal).")
    return warnings


def pressure() -> dict[str, float]:
    """Return totals that stand still on a quiet machine: steal in seconds, throttled periods."""
    times = psutil.cpu_times()
    return {
        "at_s": time.monotonic(),
        "steal_s": float(getattr(times, "steal", 0.0)),
        "throttled": float(_throttled_periods()),
    }


def _throttled_periods() -> int:
    try:
        lines = Path("/sys/fs/cgroup/cpu.stat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("nr_throttled")), 0)


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or sys.platform
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _git(directory: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
