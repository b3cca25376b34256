"""The guardian's own program: learns from its input what to watch over, and ends it all when the input ends.

Run by path in isolated mode, so it imports the standard library only and is up within milliseconds. Lines:

    process PID SIGNAL   a process group, and the name of the signal that asks it to end
    directory PATH       to be removed

A closed pipe is the one sign that no death of the harness can fail to give, so a normal end gives it too.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Container, Iterable
from contextlib import suppress
from pathlib import Path

GRACE_S = 0.5  # between the request to end and SIGKILL
GIVE_UP_S = 3.0  # a process that outlives SIGKILL this long hangs in the kernel
POLL_S = 0.01
IPC_RMID = 0  # <linux/ipc.h>


class ProcessRow:
    """What /proc tells of a process; `started` (clock ticks since boot) tells two of one id apart."""

    __slots__ = ("group", "parent", "session", "started")

    def __init__(self, parent: int, group: int, session: int, started: int) -> None:
        self.parent = parent
        self.group = group
        self.session = session
        self.started = started


def read_process(pid: int) -> ProcessRow | None:
    """Return the process's row, or None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return ProcessRow(int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def read_processes() -> dict[int, ProcessRow]:
    """Return every living process of the machine that this user can see."""
    ids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names are enough
    return {pid: row for pid in ids if (row := read_process(pid))}


class Charge:
    """What the guardian is charged with: process groups with their signals, and directories."""

    def __init__(self) -> None:
        self.directories: list[str] = []
        self._signals: dict[int, signal.Signals] = {}
        self._started: dict[int, int] = {}  # of the groups' leaders and, later, of all that belongs to them

    def note(self, line: str) -> None:
        """Take one line of the input to heart."""
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "process":
            pid, name = rest.split()
            self._watch(int(pid), signal.Signals[name])
        elif verb == "directory":
            self.directories.append(rest)

    def _watch(self, pid: int, stop_signal: signal.Signals) -> None:
        row = read_process(pid)
        self._signals[pid] = stop_signal
        if row:
            self._started[pid] = row.started

    def end_processes(self) -> list[int]:
        """Ask all groups to end, kill what has not after the grace, and return the ids of what is left."""
        began = time.monotonic()
        members = self._members()
        segments = mapped_segments(members)
        for pid, stop_signal in self._signals.items():
            signal_group(pid, stop_signal)
        signal_each(members, signal.SIGCONT)  # a paused process then finds the request to end first
        while members and time.monotonic() - began < GIVE_UP_S:
            if time.monotonic() - began > GRACE_S:
                signal_each(members, signal.SIGKILL)
            time.sleep(POLL_S)
            members = self._members()
        remove_segments(segments, creators=self._started)
        return members

    def _members(self) -> list[int]:
        """Return the living processes that are in a watched group or session, or descend from one that is.

        PostgreSQL's backends have sessions of their own: descent finds them, and once seen they stay known.
        """
        rows = read_processes()
        self._drop_reused(rows)
        members = {
            pid
            for pid, row in rows.items()
            if pid in self._started or row.group in self._signals or row.session in self._signals
        }
        while children := {pid for pid, row in rows.items() if row.parent in members} - members:
            members |= children
        self._started.update({pid: rows[pid].started for pid in members})
        return sorted(members)

    def _drop_reused(self, rows: dict[int, ProcessRow]) -> None:
        """Forget the ids that belong to somebody else's process by now.

        The kernel gives no new process an id that a group has, so a group without leader keeps its own.
        """
        for pid in [*self._signals, *self._started]:
            if pid in rows and rows[pid].started != self._started.get(pid):
                self._signals.pop(pid, None)
                self._started.pop(pid, None)


def signal_group(pid: int, wanted: signal.Signals) -> None:
    """Signal a process group, which may have ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, wanted)


def signal_each(pids: Iterable[int], wanted: signal.Signals) -> None:
    """Signal processes, any of which may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, wanted)


def mapped_segments(pids: Iterable[int]) -> set[str]:
    """Return the paths of PostgreSQL's POSIX shared memory that these processes use.

    PostgreSQL leaves it behind when it is killed.
    """
    paths = set()
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
            paths |= {line[line.index("/") :] for line in lines if "/dev/shm/PostgreSQL." in line}
    return paths


def remove_segments(paths: Iterable[str], creators: Container[int]) -> None:
    """Remove POSIX shared memory by path, and what these processes created and nobody uses of System V's."""
    for path in paths:
        with suppress(OSError):
            Path(path).unlink()
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[4]) in creators and fields[6] == "0":
            remove_system_v_segment(int(fields[1]))


def remove_system_v_segment(segment_id: int) -> None:
    """Remove a segment of System V shared memory; what is not ours to remove stays."""
    import ctypes  # seldom needed, slow to import

    ctypes.CDLL(None).shmctl(segment_id, IPC_RMID, None)


def main() -> int:
    """Watch until the input ends, then clean up; print what cannot be, and return 1 when there is some."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    charge = Charge()
    for line in sys.stdin:
        charge.note(line)
    left = [f"process {pid}" for pid in charge.end_processes()]
    for path in charge.directories:
        shutil.rmtree(path, ignore_errors=True)
    left += [f"directory {path}" for path in charge.directories if os.path.lexists(path)]
    if left:
        print(", ".join(left), flush=True)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
