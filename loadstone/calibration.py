"""What one load process of this machine can do: found out once against a null server, and remembered."""

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import loadstone
from loadstone.arrivals import parse_arrivals
from loadstone.errors import LoadstoneError
from loadstone.generator import clients_of
from loadstone.null_load import USER_CLASSES, cpu_s_per_arrival, null_plan, play, start_null_server
from loadstone.records.environment import cpu_model, package_versions
from loadstone.records.idle_loop import IdleLoop, decode_idle_loop
from loadstone.records.load import LoadPlan
from loadstone.stack.affinity import pinned_to, split_cores
from loadstone.stack.guardian import Guardian

USABLE_SHARE = 0.5  # of the calibrated rate: beyond it the generator's own queueing shows in the latencies
USERS = 32
DURATION_S = 2.2  # a second to settle in, one to count, and the message about it
BUSY_SHARE = 0.6  # of what the closed loop reached: an arrival costs more there, so this keeps a core busy
IDLE_LOOP_LIMIT_S = 30.0
CACHED_LIMIT = 60
FIT_ANYWHERE_RATE = 250.0  # arrivals per second that one process can measure with any client: no need to ask


class Calibration(msgspec.Struct):
    """What one process does with one client; `rate` is the arrivals a second that take a whole core."""

    client: str
    rate: float
    cpu_s_per_request: float
    at: str  # ISO 8601, UTC
    machine: str


def calibrate(client: str) -> Calibration:
    """Measure a client on this machine and remember the result; raises LoadstoneError when that fails."""
    with Guardian() as guardian:
        url = start_null_server(guardian)
        cpu_s = measure_cpu_s(client, url, guardian)
    calibration = Calibration(
        client=client,
        rate=1 / cpu_s,
        cpu_s_per_request=cpu_s,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine_key(),
    )
    remember(calibration)
    return calibration


def measure_cpu_s(client: str, url: str, guardian: Guardian) -> float:
    """Return the processor seconds of an arrival on a process that is about as busy as it may be in a run.

    An arrival costs less the busier the process is, for it then serves several per wake-up: at 500 a second
    the lean client costs three times what it costs near its limit. So a closed loop finds roughly where that
    is, and the cost is that of an open plan not far below; on a saturated process it is the same or up to a
    third less. Processor time, not time: a neighbour on the core does not make the generator look slow.
    """
    closed = play(null_plan(client, url, workload="closed", users=USERS, duration_s=DURATION_S), guardian)
    rate = BUSY_SHARE / cpu_s_per_arrival(closed)
    return cpu_s_per_arrival(play(null_plan(client, url, rate=rate, duration_s=DURATION_S), guardian))


def measure_idle_loop(duration_s: float = 0.5) -> IdleLoop:
    """Return how late an idle event loop wakes on the generator's cores."""
    command = [sys.executable, "-m", "loadstone.load.idle", "--seconds", str(duration_s)]
    with pinned_to(split_cores().generator):
        done = subprocess.run(command, capture_output=True, text=True, timeout=IDLE_LOOP_LIMIT_S + duration_s)
    if done.returncode != 0:
        raise LoadstoneError(f"the event loop of the load process does not work: {done.stderr.strip()}")
    return decode_idle_loop(done.stdout)


def require_fit(plan: LoadPlan, processes: int, report: Callable[[str], None]) -> None:
    """Return when so many load processes are fit to measure at the plan's highest rate.

    Those of other machines are taken to be like this one. A closed workload has no rate to hold it against,
    and what a client of the locustfile's own costs is not known beforehand: the run itself shows it. Raises
    LoadstoneError when the generator would be the limit, or the locustfile cannot be loaded.
    """
    if plan.workload == "closed":
        return
    peak_rate = _peak_rate(plan)
    if peak_rate <= FIT_ANYWHERE_RATE * processes:
        return
    for client in sorted(USER_CLASSES.keys() & clients_of(plan)):
        if error := _refusal_today(peak_rate, processes, client, report):
            raise error


def _refusal_today(
    rate: float, processes: int, client: str, report: Callable[[str], None]
) -> LoadstoneError | None:
    """Return why not, by what was measured just now: what is remembered may be from a busier hour.

    What suffices by a calibration of any hour suffices. A machine that is too busy to be calibrated refuses
    nothing: the rules during the run still judge.
    """
    known = remembered(client)
    if known and not refusal(rate, processes, known):
        return None
    report(f"measuring what this generator can do with {client}, some five seconds")
    try:
        return refusal(rate, processes, calibrate(client))
    except (LoadstoneError, subprocess.SubprocessError) as error:
        report(f"the generator could not be calibrated: {error}")
        return None


def _peak_rate(plan: LoadPlan) -> float:
    arrivals = parse_arrivals(
        plan.arrivals, plan.rate, plan.seed, warm_up_s=plan.warm_up_s, duration_s=plan.duration_s
    )
    return arrivals.peak_rate(plan.warm_up_s + plan.duration_s)


def refusal(rate: float, processes: int, calibration: Calibration) -> LoadstoneError | None:
    """Return why so many processes cannot measure at a rate; None when they can.

    `rate` is the plan's highest, in arrivals per second. Each process is taken to have a core of its own.
    """
    usable = USABLE_SHARE * calibration.rate
    if rate <= processes * usable:
        return None
    processes_needed = math.ceil(rate / usable)
    remedies = [f"Give --processes {processes_needed}", "lower the rate"]
    if processes_needed > len(split_cores(processes_needed).generator):
        remedies[0] = f"Take {processes_needed} workers on other machines (--expect-workers)"
    if calibration.client != "loadstone.HttpUser":
        remedies.append("derive the users from loadstone.HttpUser, which costs less")
    are_asked = f"are asked of {processes} load process{'es' if processes > 1 else ''} with a core each"
    return LoadstoneError(
        f"the generator would be the limit: {rate:,.0f} arrivals per second {are_asked}, and one with"
        f" {calibration.client} is fit to measure up to {usable:,.0f} here.",
        ", or ".join([", ".join(remedies[:-1]), remedies[-1]]) + ".",
    )


def machine_key() -> str:
    """Return what a calibration depends on, as text."""
    versions = {"python": ".".join(map(str, sys.version_info[:3])), "loadstone": loadstone.__version__}
    parts = [cpu_model(), f"{os.cpu_count()} cores, {len(os.sched_getaffinity(0))} allowed"]
    return "; ".join(parts + [f"{name} {text}" for name, text in (versions | package_versions()).items()])


def remembered(client: str) -> Calibration | None:
    """Return the calibration that an earlier run left for this machine, if any."""
    machine = machine_key()
    found = (known for known in _read(cache_path()) if (known.client, known.machine) == (client, machine))
    return next(found, None)


def cache_path() -> Path | None:
    """Return where calibrations are kept; None for a user without a home."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / "loadstone" / "calibration.json"


def remember(calibration: Calibration) -> None:
    """Put a calibration before the others; where nothing can be written it is measured again next time."""
    path = cache_path()
    if path is None:
        return
    replaced = (calibration.client, calibration.machine)
    others = [known for known in _read(path) if (known.client, known.machine) != replaced]
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, msgspec.json.encode([calibration, *others][:CACHED_LIMIT]))


def _read(path: Path | None) -> list[Calibration]:
    """Return what is kept; nothing when it cannot be read, for then it can be measured again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Calibration]) if path else []
    except (OSError, msgspec.DecodeError):
        return []


def _write(path: Path, content: bytes) -> None:
    """Replace a file at once: another run may read it meanwhile."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
