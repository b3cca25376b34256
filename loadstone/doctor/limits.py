"""Limits of the system that a load can reach."""

import resource
import shutil
from pathlib import Path

from loadstone.records import kernel
from loadstone.records.finding import BAD, Finding, judged
from loadstone.records.pressure import TIME_WAIT_SHARE_BOUND, time_wait_share

OPEN_FILES_WANTED = 4_096
BACKLOG_WANTED = 1_024
DISK_WANTED_BYTES = 1_000_000_000
DISK_NEEDED_BYTES = 50_000_000


def limit_findings() -> list[Finding]:
    """Return this system's limits."""
    return [
        open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        backlog(kernel.read("/proc/sys/net/core/somaxconn")),
        ports(kernel.port_range(kernel.read("/proc/sys/net/ipv4/ip_local_port_range")), time_wait_share()),
        swap(kernel.read("/proc/meminfo")),
        disk(shutil.disk_usage(Path.cwd()).free),
    ]


def open_files(limit: int) -> Finding:
    """Each user holds a connection, and so does the service."""
    unlimited = limit == resource.RLIM_INFINITY
    return judged(
        "open files",
        "unlimited" if unlimited else f"{limit:,}",
        not unlimited and limit < OPEN_FILES_WANTED,
        f"Raise it: ulimit -n {OPEN_FILES_WANTED}; every user in flight holds a connection.",
    )


def backlog(limit: str | None) -> Finding:
    """Connections that come at once wait in a listening socket's queue, or are lost."""
    return judged(
        "listen backlog (somaxconn)",
        limit,
        bool(limit) and int(limit or 0) < BACKLOG_WANTED,
        f"Raise it: sysctl net.core.somaxconn={BACKLOG_WANTED}; what overflows it waits a second or more.",
    )


def ports(port_range: tuple[int, int] | None, waiting_share: float | None) -> Finding:
    """A closed connection holds its port for a minute."""
    seen = None
    if port_range:
        first, last = port_range
        share = "" if waiting_share is None else f", {waiting_share:.0%} of them in TIME_WAIT"
        seen = f"{last - first + 1:,} ({first}–{last}){share}"
    return judged(
        "ports for connections",
        seen,
        (waiting_share or 0.0) > TIME_WAIT_SHARE_BOUND,
        "Wait a minute before the next run; let clients keep connections alive.",
    )


def swap(meminfo: str | None) -> Finding:
    """Memory on a disk makes any request slow."""
    sizes = {
        line.split(":")[0]: int(line.split()[1])
        for line in (meminfo or "").splitlines()
        if line.endswith("kB")
    }
    if "SwapTotal" not in sizes:
        return judged("swap", None, False, "")
    used_mb = (sizes["SwapTotal"] - sizes.get("SwapFree", 0)) / 1e3
    return judged(
        "swap",
        f"{used_mb:,.0f} MB used" if sizes["SwapTotal"] else "none",
        used_mb > 0,
        "Free memory, or switch swap off (swapoff -a): a page on disk is milliseconds away.",
    )


def disk(free_bytes: int) -> Finding:
    """The record grows with the seconds of a run, the embedded database with what is written."""
    seen = f"{free_bytes / 1e9:,.1f} GB free here"
    remedy = "Free some: records, and the embedded database's files, need room."
    if free_bytes < DISK_NEEDED_BYTES:
        return Finding("disk", seen, BAD, remedy)
    return judged("disk", seen, free_bytes < DISK_WANTED_BYTES, remedy)
