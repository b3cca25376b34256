"""The long proofs: collected only when asked for (`make prove`), and resumed where they were ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadstone.directory import RunDirectory
from loadstone.records.run import Run, read_run

ROOT = Path(__file__).parents[2]

if not any("proofs" in argument for argument in sys.argv):
    collect_ignore_glob = ["test_*.py"]


class Proofs:
    """Runs of `loadstone` kept by name below `results/proofs/REVISION`; a finished one is not run again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def directory(self, name: str) -> RunDirectory:
        """Return where a run is kept."""
        return RunDirectory(self._directory / name)

    def run(self, name: str, *arguments: str) -> tuple[int, Run]:
        """Return the exit code and the record of a run, from before where this revision has it already."""
        directory = self.directory(name)
        code_path = directory.path / "exit-code"
        if not code_path.exists():
            directory.remove()
            command = [sys.executable, "-m", "loadstone", "run", *arguments, "--out", str(directory.path)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert directory.run_path.exists(), done.stderr
            code_path.write_text(str(done.returncode))
        return int(code_path.read_text()), read_run(directory.run_path)


def proofs_directory() -> Path:
    """Return where this revision's proofs are kept."""
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    return ROOT / "results" / "proofs" / revision


@pytest.fixture(scope="session")
def proofs() -> Proofs:
    """The runs of this revision."""
    return Proofs(proofs_directory())
