"""Arrivals that happened once: offsets from a CSV file, or the times in an access log."""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby, islice, pairwise, takewhile
from pathlib import Path
from typing import Protocol

from loadstone.errors import LoadstoneError

OFFSET_LIMIT = 20_000_000  # of a CSV file: 160 MB
LINE_LIMIT = 65_536  # characters; a longer line is cut, and each piece counts as one
HEAD_LINES = 100  # enough to tell a log from a CSV file, whatever the first lines are

# The time of the common and combined log formats: [10/Oct/2000:13:55:36 -0700]
_LOG_TIME = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]")
# Named here because strptime's names are the locale's.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Recording(Protocol):
    """What was read from a file."""

    def offsets_s(self) -> Iterator[float]:
        """Yield when arrivals were, ascending, in seconds from the beginning of the recording."""


@dataclass(frozen=True)
class Offsets:
    """The offsets of a CSV file, as they are."""

    seconds: "array[float]"

    def offsets_s(self) -> Iterator[float]:
        """Yield when arrivals were, ascending, in seconds from the beginning of the recording."""
        return iter(self.seconds)


@dataclass(frozen=True)
class SecondCounts:
    """The entries of an access log. It knows whole seconds: those of one second are spread evenly over it."""

    counts: dict[int, int]  # second → entries, ascending

    def offsets_s(self) -> Iterator[float]:
        """Yield when arrivals were, ascending, in seconds from the second of the first one."""
        first = next(iter(self.counts), 0)
        for second, count in self.counts.items():
            for number in range(count):
                yield second - first + number / count


@dataclass(frozen=True)
class Replay:
    """A recording played again, `speed` times as fast, from the start of the plan on."""

    recording: Recording
    speed: float = 1.0
    warnings: tuple[str, ...] = ()

    def starts_s(self, horizon_s: float) -> Iterator[float]:
        """Yield the planned starts before `horizon_s`, ascending, in seconds from the start of the plan."""
        starts_s = (offset_s / self.speed for offset_s in self.recording.offsets_s())
        return takewhile(lambda start_s: start_s < horizon_s, starts_s)

    def peak_rate(self, horizon_s: float) -> float:
        """Return the number of arrivals in the fullest second of the plan before `horizon_s`."""
        seconds = groupby(self.starts_s(horizon_s), key=int)
        return float(max((sum(1 for _ in starts) for _, starts in seconds), default=0))


def read_replay(path: str, speed: float = 1.0) -> Replay:
    """Return the arrivals in a file: an access log when its first lines hold log times, else a CSV.

    Lines without a time are left out, counted, and warned of. Raises LoadstoneError when the file cannot be
    read, holds no time at all, or more than `OFFSET_LIMIT` offsets.
    """
    try:
        is_log = any(_LOG_TIME.search(line) for line in islice(_lines(path), HEAD_LINES))
        return _read_log(path, speed) if is_log else _read_offsets(path, speed)
    except OSError as error:
        raise LoadstoneError(
            f"the replay file {path} cannot be read: {error.strerror}.",
            "Give a CSV of offsets in seconds, or an access log, such as replay:access.log.",
        ) from None


def _lines(path: str) -> Iterator[str]:
    with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
        yield from iter(lambda: file.readline(LINE_LIMIT), "")


def _read_log(path: str, speed: float) -> Replay:
    counts: Counter[int] = Counter()
    malformed = 0
    for line in _lines(path):
        match = _LOG_TIME.search(line)
        second = _epoch_s(match[1]) if match else None
        if second is not None:
            counts[second] += 1
        elif line.strip():
            malformed += 1
    # Servers write a line when the answer is out, so a log is not quite in order.
    recording = SecondCounts(dict(sorted(counts.items())))
    return Replay(_not_empty(path, recording), speed, _left_out(path, malformed))


@lru_cache(maxsize=16)  # neighbouring lines share their second
def _epoch_s(text: str) -> int | None:
    """Return the second of `10/Oct/2000:13:55:36 -0700`, by its time zone; None when there is no such day."""
    day, month, rest = text.split("/", 2)
    try:
        number = _MONTHS.index(month) + 1
        return int(datetime.strptime(f"{day}/{number}/{rest}", "%d/%m/%Y:%H:%M:%S %z").timestamp())
    except ValueError:
        return None


def _read_offsets(path: str, speed: float) -> Replay:
    seconds = array("d")
    malformed = 0
    for number, line in enumerate(_lines(path)):
        offset_s = _offset_s(line)
        if offset_s is not None:
            seconds.append(offset_s)
        elif line.strip() and number > 0:  # the first line may be a header
            malformed += 1
        if len(seconds) > OFFSET_LIMIT:
            raise LoadstoneError(
                f"the replay file {path} has more than {OFFSET_LIMIT:,} offsets.", "Replay a part of it."
            )
    if any(later < earlier for earlier, later in pairwise(seconds)):
        seconds = array("d", sorted(seconds))
    return Replay(_not_empty(path, Offsets(seconds)), speed, _left_out(path, malformed))


def _offset_s(line: str) -> float | None:
    """Return the first column when it is an offset in seconds, else None."""
    try:
        offset_s = float(line.split(",", 1)[0].strip().strip('"'))
    except ValueError:
        return None
    return offset_s if 0 <= offset_s < math.inf else None


def _not_empty(path: str, recording: Recording) -> Recording:
    if next(recording.offsets_s(), None) is None:
        raise LoadstoneError(
            f"the replay file {path} holds no times.",
            "Give a CSV of offsets in seconds in its first column, or an access log in the common format.",
        )
    return recording


def _left_out(path: str, malformed: int) -> tuple[str, ...]:
    lines = "1 line" if malformed == 1 else f"{malformed:,} lines"
    return (f"{lines} of {path} without a time left out of the replay.",) if malformed else ()
