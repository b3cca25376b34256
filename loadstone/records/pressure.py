"""What disturbs a machine, read before and after a run: the differences belong to the record."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from loadstone.records import kernel

STEAL_SHARE_BOUND = 0.01
CPU_STALL_SHARE_BOUND = 0.1
LOAD_PER_CORE_BOUND = 0.5
TIME_WAIT_SHARE_BOUND = 0.5


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """One reading. Totals stand still on a quiet machine; None is what is not visible here."""

    at_s: float  # CLOCK_MONOTONIC
    # Totals since the machine, or its control group, began.
    steal_s: float | None = None
    context_switches: int | None = None
    throttled_periods: int | None = None
    throttled_s: float | None = None
    cpu_stalled_s: float | None = None
    memory_stalled_s: float | None = None
    io_stalled_s: float | None = None
    thermal_throttles: int | None = None
    retransmitted_segments: int | None = None
    listen_overflows: int | None = None
    # As it is now.
    load_average_1m: float = 0.0
    time_wait_share: float | None = None  # of the ports for outgoing connections
    governor: str | None = None
    rss_bytes: int = 0  # of this process


TOTALS = (
    "steal_s",
    "context_switches",
    "throttled_periods",
    "throttled_s",
    "cpu_stalled_s",
    "memory_stalled_s",
    "io_stalled_s",
    "thermal_throttles",
    "retransmitted_segments",
    "listen_overflows",
)


def pressure() -> Pressure:
    """Return what can be read now."""
    stat = kernel.read("/proc/stat")
    periods, held_s = kernel.throttled(kernel.cgroup_stats()) or (None, None)
    tcp = kernel.protocol_counters(kernel.read("/proc/net/snmp"), "Tcp")
    tcp_extended = kernel.protocol_counters(kernel.read("/proc/net/netstat"), "TcpExt")
    return Pressure(
        at_s=time.monotonic(),
        steal_s=kernel.steal_s(stat),
        context_switches=kernel.fields(stat).get("ctxt"),
        throttled_periods=periods,
        throttled_s=held_s,
        cpu_stalled_s=kernel.stalled_s(kernel.read("/proc/pressure/cpu")),
        memory_stalled_s=kernel.stalled_s(kernel.read("/proc/pressure/memory")),
        io_stalled_s=kernel.stalled_s(kernel.read("/proc/pressure/io")),
        thermal_throttles=_thermal_throttles(),
        retransmitted_segments=tcp.get("RetransSegs"),
        listen_overflows=tcp_extended.get("ListenOverflows"),
        load_average_1m=os.getloadavg()[0],
        time_wait_share=time_wait_share(),
        governor=kernel.governor(),
        rss_bytes=psutil.Process().memory_info().rss,
    )


def changes(before: Pressure, after: Pressure) -> dict[str, float]:
    """Return for the record what was added to each total, and the state at the end, by name.

    What was not visible is absent.
    """
    known = [
        name for name in TOTALS if getattr(before, name) is not None and getattr(after, name) is not None
    ]
    grown = {name: round(getattr(after, name) - getattr(before, name), 6) for name in known}
    state = {
        "load_average_1m": after.load_average_1m,
        "time_wait_share": after.time_wait_share,
        "rss_bytes": after.rss_bytes,
    }
    return {
        "elapsed_s": round(after.at_s - before.at_s, 3),
        **grown,
        **{name: value for name, value in state.items() if value is not None},
    }


def disturbances(before: Pressure, after: Pressure, cores: int | None = None) -> list[str]:
    """Return warnings about what disturbed the machine between two readings, a sentence each."""
    change = changes(before, after)
    cores = cores or os.cpu_count() or 1
    return [
        *_busy(before, change, cores),
        *_slowed(after, change),
        *_crowded(after, change),
    ]


def _busy(before: Pressure, change: dict[str, float], cores: int) -> Iterator[str]:
    elapsed_s = max(change["elapsed_s"], 1e-3)
    if before.load_average_1m > LOAD_PER_CORE_BOUND * cores:
        yield f"the machine was busy at the start: load average {before.load_average_1m:.1f}, {cores} cores."
    if (steal := change.get("steal_s", 0.0) / elapsed_s / cores) > STEAL_SHARE_BOUND:
        yield f"other machines on this host took {steal:.1%} of the processors (steal)."
    if (stalled := change.get("cpu_stalled_s", 0.0) / elapsed_s) > CPU_STALL_SHARE_BOUND:
        yield f"some process waited for a processor during {stalled:.0%} of the run (PSI)."


def _slowed(after: Pressure, change: dict[str, float]) -> Iterator[str]:
    if change.get("throttled_periods", 0) > 0:
        held_s = change.get("throttled_s", 0.0)
        yield f"this container's processors were throttled during the run, for {held_s:.2f} s."
    if change.get("thermal_throttles", 0) > 0:
        yield "the processors were slowed because they were too hot."
    if after.governor not in (None, "performance"):
        yield f"the processors' clock follows the governor {after.governor}, not performance."


def _crowded(after: Pressure, change: dict[str, float]) -> Iterator[str]:
    if (overflows := change.get("listen_overflows", 0)) > 0:
        yield f"{overflows:.0f} connections overflowed the queue of a listening socket on this machine."
    if (share := after.time_wait_share or 0.0) > TIME_WAIT_SHARE_BOUND:
        yield f"{share:.0%} of the ports for outgoing connections were in TIME_WAIT at the end."


def time_wait_share() -> float | None:
    """Return the share of the ports for outgoing connections that a closed connection still holds.

    An upper bound: ports are held per remote address.
    """
    waiting = kernel.time_wait_sockets(kernel.read("/proc/net/sockstat"))
    ports = kernel.port_range(kernel.read("/proc/sys/net/ipv4/ip_local_port_range"))
    if waiting is None or ports is None:
        return None
    first, last = ports
    return waiting / (last - first + 1)


def _thermal_throttles() -> int | None:
    counts = [kernel.read(path) for path in kernel.CPU.glob("cpu*/thermal_throttle/core_throttle_count")]
    return sum(int(count) for count in counts if count) if counts else None
