"""What Linux tells of itself in /proc and /sys: texts into numbers. None or empty: not visible here."""

import os
from pathlib import Path

CPU = Path("/sys/devices/system/cpu")
CGROUPS = Path("/sys/fs/cgroup")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def read(path: str | Path) -> str | None:
    """Return a file's text without the space around it; None when it is not there or not for us."""
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return None


def fields(text: str | None) -> dict[str, int]:
    """Return lines of a name and a number, as in `cpu.stat`."""
    lines = [line.split() for line in (text or "").splitlines()]
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}


def protocol_counters(text: str | None, protocol: str) -> dict[str, int]:
    """Return one protocol's counters from `/proc/net/snmp` or `/proc/net/netstat`.

    They are two lines that begin with the protocol: one of names, one of numbers.
    """
    lines = [line.split() for line in (text or "").splitlines() if line.startswith(f"{protocol}: ")]
    if len(lines) != 2:
        return {}
    names, numbers = lines
    return {name: int(number) for name, number in zip(names[1:], numbers[1:], strict=False)}


def steal_s(stat: str | None) -> float | None:
    """Return the seconds that other guests of the host took from all cores together, from `/proc/stat`."""
    for line in (stat or "").splitlines():
        name, *ticks = line.split()
        if name == "cpu" and len(ticks) > 7:
            return int(ticks[7]) / TICKS_PER_S
    return None


def stalled_s(pressure: str | None) -> float | None:
    """Return how long some task waited, in total, from a file of `/proc/pressure`."""
    for line in (pressure or "").splitlines():
        if line.startswith("some ") and "total=" in line:
            return int(line.rpartition("total=")[2]) / 1e6
    return None


def time_wait_sockets(sockstat: str | None) -> int | None:
    """Return how many TCP connections linger in TIME_WAIT, from `/proc/net/sockstat`."""
    for line in (sockstat or "").splitlines():
        words = line.split()
        if words[:1] == ["TCP:"] and "tw" in words:
            return int(words[words.index("tw") + 1])
    return None


def port_range(text: str | None) -> tuple[int, int] | None:
    """Return the first and the last port for outgoing connections, from `ip_local_port_range`."""
    numbers = [int(word) for word in (text or "").split()]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def throttled(stats: list[dict[str, int]]) -> tuple[int, float] | None:
    """Return (periods, seconds) for which control groups held their processes back, from their `cpu.stat`.

    Groups are nested and each counts for itself, so they add up. Version 1 counts nanoseconds, version 2
    microseconds.
    """
    known = [stat for stat in stats if "nr_throttled" in stat]
    if not known:
        return None
    periods = sum(stat["nr_throttled"] for stat in known)
    seconds = sum(stat.get("throttled_usec", 0) / 1e6 + stat.get("throttled_time", 0) / 1e9 for stat in known)
    return periods, seconds


def cgroup_directories(own_cgroups: str | None, root: Path = CGROUPS) -> list[Path]:
    """Return where this process's CPU control groups may be, inner ones first, from `/proc/self/cgroup`.

    In a container the paths may be those of the host, which are not there; the root then is the container's.
    """
    directories: dict[Path, None] = {}  # an ordered set
    for line in (own_cgroups or "").splitlines():
        number, controllers, path = line.split(":", 2)
        if number != "0" and "cpu" not in controllers.split(","):
            continue
        top = root if number == "0" else root / "cpu"
        inner = top / path.lstrip("/")
        directories.update(dict.fromkeys([inner, *(parent for parent in inner.parents if parent >= top)]))
    return [directory for directory in directories if directory.is_relative_to(root)]


def cgroup_stats() -> list[dict[str, int]]:
    """Return `cpu.stat` of every control group around this process that can be seen."""
    groups = cgroup_directories(read("/proc/self/cgroup"))
    return [fields(read(group / "cpu.stat")) for group in groups]


def quota_cores(cpu_max: str | None) -> float | None:
    """Return how many cores' time a version 2 group may use, from `cpu.max`; None without a limit."""
    words = (cpu_max or "").split()
    if len(words) != 2 or words[0] == "max":
        return None
    return int(words[0]) / int(words[1])


def quota_of_cgroups() -> float | None:
    """Return the smallest limit, in cores, of the control groups around this process; None without any."""
    limits = []
    for group in cgroup_directories(read("/proc/self/cgroup")):
        quota_us = read(group / "cpu.cfs_quota_us")  # version 1 has two files, and -1 for no limit
        period_us = read(group / "cpu.cfs_period_us")
        limited = quota_us and period_us and not quota_us.startswith("-")
        limits.append(quota_cores(f"{quota_us} {period_us}" if limited else read(group / "cpu.max")))
    return min((limit for limit in limits if limit is not None), default=None)


def governor() -> str | None:
    """Return how the first core's clock is governed."""
    return read(CPU / "cpu0/cpufreq/scaling_governor")


def turbo() -> bool | None:
    """Return whether cores may clock above their nominal rate."""
    if (no_turbo := read(CPU / "intel_pstate/no_turbo")) is not None:
        return no_turbo == "0"
    boost = read(CPU / "cpufreq/boost")
    return None if boost is None else boost == "1"


def smt() -> bool | None:
    """Return whether two hardware threads share a core."""
    active = read(CPU / "smt/active")
    return None if active is None else active == "1"
