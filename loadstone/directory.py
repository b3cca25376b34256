"""The directory of one run: journal, facts, record and report."""

import os
from contextlib import suppress
from pathlib import Path

from loadstone.analysis.folding import fold
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Journal, read_journal
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

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """Return a new run's directory; raises LoadstoneError when it cannot be written or holds a run."""
        directory = cls(path)
        if directory.journal_path.exists() or directory.run_path.exists():
            raise LoadstoneError(f"{path} already holds a run.", "Give another --out, or remove it.")
        try:
            path.mkdir(parents=True, exist_ok=True)
            directory.journal_path.touch(exist_ok=False)
        except OSError as error:
            raise LoadstoneError(
                f"cannot write to {path}: {error.strerror}.", "Give a writable directory with --out."
            ) from error
        return directory

    def remove_if_empty(self) -> None:
        """Leave no directory behind when nothing was measured."""
        if not self.run_path.exists():
            self.remove()

    def remove(self) -> None:
        """Remove the run's files, and the directory where it holds nothing else."""
        for path in (self.journal_path, self.events_path, self.run_path, self.report_path):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

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
        """Return the record; of a run that was killed, what its journal holds."""
        if self.journal_path.exists() and not self._is_finished():
            return fold(read_journal(self.journal_path))
        return read_run(self.run_path)

    def _is_finished(self) -> bool:
        return self.run_path.exists() and not read_run(self.run_path).partial


def open_run(path: Path) -> RunDirectory:
    """Return the directory of the run that a directory or a `run.json` names.

    Raises LoadstoneError when there is none.
    """
    directory = RunDirectory(path.parent if path.is_file() else path)
    if not (directory.run_path.exists() or directory.journal_path.exists()):
        raise LoadstoneError(f"{path} holds no run.", "Give a run's directory or its run.json.")
    return directory


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
