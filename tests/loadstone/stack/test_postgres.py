"""The servers are real: what is claimed about PostgreSQL is seen on PostgreSQL."""

from loadstone.stack.postgres import PostgresServer


def test_what_is_written_on_the_primary_appears_on_the_replica(
    postgres_primary: PostgresServer, postgres_replica: PostgresServer
) -> None:
    postgres_primary.create_database("streaming")
    postgres_primary.query("CREATE TABLE t AS SELECT 42 AS x", "streaming")
    postgres_replica.wait_until_caught_up(postgres_primary, timeout_s=5)
    assert postgres_replica.query("SELECT x, pg_is_in_recovery() FROM t", "streaming") == "42|t"
