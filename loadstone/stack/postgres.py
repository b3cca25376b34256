"""PostgreSQL: a primary and its streaming replicas, as durable as in production."""

import signal
from collections.abc import Collection, Mapping
from pathlib import Path

from loadstone.stack.guardian import Guardian
from loadstone.stack.ports import LOOPBACK
from loadstone.stack.postgres_programs import PostgresPrograms, find_postgres_programs

SUPERUSER = "loadstone"
FIRST_DATABASE = "postgres"
START_TIMEOUT_S = 30.0

SETTINGS = {
    # What is acknowledged is kept: PostgreSQL's defaults, spelled out because every number depends on them.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "300",
    "dynamic_shared_memory_type": "posix",
    "hot_standby_feedback": "on",  # or vacuum on the primary cancels reads on the replica
    "max_slot_wal_keep_size": "4GB",  # what a replica that stays away may cost
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a path below a long TMPDIR would pass the limit of 107 bytes
}
RECORDED_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


class PostgresServer:
    """A server on a data directory. Whoever is on this host may connect to it as its superuser."""

    def __init__(
        self,
        programs: PostgresPrograms,
        name: str,
        data_directory: Path,
        *,
        settings: Mapping[str, str] | None = None,
        cores: Collection[int] | None = None,
    ) -> None:
        self.name = name
        self.programs = programs
        self.port = programs.guardian.reserve_port()
        self._data_directory = data_directory
        options = SETTINGS | {"port": str(self.port)} | dict(settings or {})
        self.process = programs.start(
            name,
            "postgres",
            *("-D", str(data_directory)),
            *(f"--{option}={value}" for option, value in options.items()),
            stop_signal=signal.SIGQUIT,  # the quickest end that still gives back shared memory
            cores=cores,
        )

    @property
    def url(self) -> str:
        """The URL of the database that every new server has."""
        return self.url_of(FIRST_DATABASE)

    def url_of(self, database: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql://{SUPERUSER}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create an empty database, which reaches the replicas too, and return its URL on this server."""
        self.query(f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def query(self, sql: str, database: str = FIRST_DATABASE) -> str:
        """Return what a statement answers: rows as lines, columns parted by `|`."""
        return self.programs.query(self.url_of(database), sql)

    def facts(self) -> dict[str, str]:
        """Return the version, and the settings that durability and speed depend on."""
        names = ", ".join(f"'{name}'" for name in RECORDED_SETTINGS)
        rows = self.query(f"SELECT name, current_setting(name) FROM pg_settings WHERE name IN ({names})")
        return dict(row.split("|", 1) for row in rows.splitlines())

    def wait_until_ready(self) -> None:
        """Return once the server accepts connections, a replica for reading."""
        self.process.wait_until(self._accepts_connections, "accept connections", START_TIMEOUT_S)

    def wait_until_caught_up(self, primary: "PostgresServer", timeout_s: float) -> None:
        """Return once this replica has applied all that the primary has written by now."""
        position = primary.query("SELECT pg_current_wal_flush_lsn()")
        applied = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        self.process.wait_until(lambda: self.query(applied) == "t", "catch up with its primary", timeout_s)

    def _accepts_connections(self) -> bool:
        """Look where `pg_ctl` looks (src/include/utils/pidfile.h): at the eighth line of the lock file."""
        try:
            lines = (self._data_directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"


def start_primary(guardian: Guardian, *, cores: Collection[int] | None = None) -> PostgresServer:
    """Make a new database cluster, and return its server once it accepts connections."""
    programs = find_postgres_programs(guardian)
    data_directory = programs.make_data_directory("primary")
    initdb = programs.start(
        *("initdb", "initdb", "--pgdata", str(data_directory), "--no-sync", "--no-instructions"),
        *("--auth", "trust", "--username", SUPERUSER, "--encoding", "UTF8"),
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--set", "dynamic_shared_memory_type=mmap"),  # else a stopped initdb leaves files in /dev/shm
    )
    initdb.wait(START_TIMEOUT_S)
    server = PostgresServer(programs, "primary", data_directory, cores=cores)
    server.wait_until_ready()
    return server


def start_replica(
    primary: PostgresServer,
    name: str = "replica-1",
    *,
    apply_delay_s: float = 0.0,
    cores: Collection[int] | None = None,
) -> PostgresServer:
    """Copy a running primary, and return the copy's server once it can be read and streams what follows.

    It applies each commit no sooner than `apply_delay_s` after it was made.
    """
    data_directory = primary.programs.make_data_directory(name)
    copy = primary.programs.start(
        *(f"copy-{name}", "pg_basebackup", "--dbname", primary.url, "--pgdata", str(data_directory)),
        *("--write-recovery-conf", "--create-slot", "--slot", name.replace("-", "_")),
        *("--checkpoint", "fast", "--no-sync"),
    )
    copy.wait(START_TIMEOUT_S)
    settings = {"recovery_min_apply_delay": f"{apply_delay_s * 1000:.0f}ms"}
    server = PostgresServer(primary.programs, name, data_directory, settings=settings, cores=cores)
    server.wait_until_ready()
    return server
