"""The directory of one run: journal, facts, record and report."""

import os
from contextlib import suppress
from pathlib import Path

from loadstone.analysis.folding import fold
from loadstone.errors import LoadstoneError
from loadstone.records.event import Event, read_events
from loadstone.records.journal import Journal, Load, read_journal
from loadstone.records.run import Run, encode_run, read_run
from loadstone.reports.html import render_html


class RunDirectory:
    """Where one run leaves what it measured; `run.json` and `report.html` come from `journal.jsonl`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal_path = path / "journal.jsonl"
        self.events_path = path / "events.jsonl"
        self.run_path = path / "run.json"
        self.report_path = path / "report.html"
        self.log_path = path / "load.log"

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """Return a new run's directory; raises LoadstoneError when it cannot be written or holds a run."""
        directory = cls(path)
        if os.path.exists(directory.journal_path) or os.path.exists(directory.run_path):  # noqa: PTH110
            raise LoadstoneError(f"{path} already holds a run.", "Give another --out, or remove it.")
        try:
            path.mkdir(parents=True, exist_ok=True)
            directory.journal_path.touch(exist_ok=False)
        except OSError as error:
            raise LoadstoneError(
                f"cannot write to {path}: {error.strerror}.", "Give a writable directory with --out."
            ) from error
        return directory

    def events(self) -> list[Event]:
        """Return the facts of the run in the order of their ends, whichever worker wrote them."""
        events = (event for path in self._events_paths() for event in read_events(path))
        return sorted(events, key=lambda event: event.end_s)

    def remove(self) -> None:
        """Remove the run's files, and the directory where it holds nothing else."""
        own = (self.journal_path, self.run_path, self.report_path, self.log_path)
        for path in (*own, *self._events_paths()):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

    def tidy(self) -> None:
        """Remove everything when nothing was measured, else the load process's log when it said nothing."""
        if not any(isinstance(entry, Load) for entry in read_journal(self.journal_path)):
            self.remove()
        elif self.log_path.exists() and self.log_path.stat().st_size == 0:
            self.log_path.unlink()

    def _events_paths(self) -> list[Path]:
        """One file, or one of each worker."""
        return sorted(self.path.glob(f"{self.events_path.stem}*{self.events_path.suffix}"))

    def open_journal(self) -> Journal:
        """Return the journal, to append to."""
        return Journal(self.journal_path)

    def write_run(self, run: Run) -> None:
        """Replace `run.json` in one step, so that a reader never sees half of it."""
        _replace(self.run_path, encode_run(run))

    def write_report(self, run: Run) -> None:
        """Replace `report.html`."""
        _replace(self.report_path, render_html(run).encode())

    def load(self) -> Run:
        """Return the record; of a run that was killed, what its journal holds, written as its record."""
        if not self.journal_path.exists() or self._is_finished():
            return read_run(self.run_path)
        run = fold(read_journal(self.journal_path))
        self.write_run(run)
        return run

    def _is_finished(self) -> bool:
        try:
            return not read_run(self.run_path).partial
        except LoadstoneError:
            return False


def open_run(path: Path) -> RunDirectory:
    """Return the directory of the run that a directory or a `run.json` names.

    Raises LoadstoneError when there is none.
    """
    directory = RunDirectory(path.parent if path.name == "run.json" else path)
    files = (directory.run_path, directory.journal_path)
    if not any(os.path.exists(file) for file in files):  # noqa: PTH110 - False where access is denied
        raise LoadstoneError(f"{path} holds no run.", "Give a run's directory or its run.json.")
    return directory


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise LoadstoneError(
            f"cannot write {path}: {error.strerror}.", "Make room, or make it writable."
        ) from error
