"""The append-only journal of a run: what was measured is on disk within a second, whatever ends the run."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadMessage
from loadstone.records.measure import MeasureSpec, Scrape
from loadstone.records.run import CheckResult, Configuration


class Header(msgspec.Struct, tag="header", omit_defaults=True, kw_only=True):
    """What is known before the first request."""

    id: str
    started_at: str
    command: str
    scenario: str
    seed: int
    workload: str = "open"
    users: int = 0  # of a closed workload
    arrivals: str
    rate: float
    duration_s: float
    warm_up_s: float
    drain_s: float
    configuration: Configuration
    environment: dict[str, Any] = msgspec.field(default_factory=dict)
    measures: dict[str, MeasureSpec] = msgspec.field(default_factory=dict)
    notes: dict[str, str] = msgspec.field(default_factory=dict)  # family → format string over its measures


class Load(msgspec.Struct, tag="load"):
    """One message of a load worker."""

    message: LoadMessage


class Scraped(msgspec.Struct, tag="scraped"):
    """The system's metrics at one instant."""

    scrape: Scrape


class Checked(msgspec.Struct, tag="checked"):
    """The checks' verdicts."""

    checks: dict[str, CheckResult]


class Remark(msgspec.Struct, tag="remark"):
    """A doubt that travels with the record; `invalidates` says that the measurement can't be trusted."""

    text: str
    invalidates: bool = False


class End(msgspec.Struct, tag="end"):
    """The run ended by itself; a journal without it is partial. `interrupted` by the user is partial, too."""

    interrupted: bool = False
    disturbance: dict[str, float] = msgspec.field(default_factory=dict)  # of the machine, during the run


Entry = Header | Load | Scraped | Checked | Remark | End

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Journal:
    """Appends entries to a file, one line each, handed to the operating system at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def append(self, entry: Entry) -> None:
        """Write one entry; what is written survives the death of this process.

        Raises LoadstoneError when it cannot be: a part of it is then taken back, so that others may follow.
        """
        line, length_bytes = _encoder.encode(entry) + b"\n", self._file.tell()
        try:
            while line:  # a disk that is nearly full takes a part
                line = line[self._file.write(line) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(length_bytes)
            raise LoadstoneError(
                f"cannot write {self._path}: {error.strerror}.", "Make room for the results, or give --out."
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path) -> Iterator[Entry]:
    """Yield the entries of a journal; a last line cut short by a kill is left out.

    Raises LoadstoneError when the file cannot be read or a whole line is no entry.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.endswith(b"\n"):
                    yield _decode(line, path, number)
    except OSError as error:
        raise LoadstoneError(
            f"cannot read {path}: {error.strerror}.", "Give the directory of a run."
        ) from error


def _decode(line: bytes, path: Path, number: int) -> Entry:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise LoadstoneError(
            f"{path} line {number} is no journal entry: {error}.",
            "Render it with the release that wrote it.",
        ) from error
