"""What the machine was: kept with every record, so that a number can be read where it was made."""

import os
import platform
import resource
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import loadstone
from loadstone.records import kernel

MEASURING_PACKAGES = ("locust", "gevent", "geventhttpclient", "httptools")


def machine_facts() -> dict[str, Any]:
    """Return what a run's numbers depend on: processor, limits, clock, versions.

    What is not visible here is absent.
    """
    facts = {
        "cpu_model": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "affinity": sorted(os.sched_getaffinity(0)),
        "governor": kernel.governor(),
        "turbo": kernel.turbo(),
        "smt": kernel.smt(),
        "memory_bytes": psutil.virtual_memory().total,
        "open_files_limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "somaxconn": _number(kernel.read("/proc/sys/net/core/somaxconn")),
        "port_range": kernel.port_range(kernel.read("/proc/sys/net/ipv4/ip_local_port_range")),
        "clock_source": kernel.read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "loadstone": loadstone.__version__,
        **package_versions(),
        "load_average_1m": os.getloadavg()[0],
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that a request passes through, of those that are installed."""
    versions = {}
    for name in MEASURING_PACKAGES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def revision_facts(directory: Path) -> dict[str, Any]:
    """Return the git revision of a directory and whether it has uncommitted changes; empty outside of git."""
    revision = _git(directory, "rev-parse", "HEAD")
    if revision is None:
        return {}
    return {"git_revision": revision, "git_dirty": bool(_git(directory, "status", "--porcelain"))}


def cpu_model() -> str:
    """Return the processor's name, or what comes nearest to it."""
    lines = (kernel.read("/proc/cpuinfo") or "").splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _git(directory: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
