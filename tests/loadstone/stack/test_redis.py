from pathlib import Path

from loadstone.stack.guardian import Guardian
from loadstone.stack.redis import RedisServer


def test_it_speaks_the_redis_protocol(redis_server: RedisServer) -> None:
    assert redis_server.ask("SET", "stack:colour", "grün") == "+OK\r\n"
    assert redis_server.ask("GET", "stack:colour") == "$5\r\ngrün\r\n"


def test_it_keeps_what_it_acknowledges_and_says_so(redis_server: RedisServer) -> None:
    facts = redis_server.facts()
    assert facts.pop("server_version").startswith("9.")
    assert facts == {
        "server": "valkey",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }


def test_an_acknowledged_write_is_in_its_file(redis_server: RedisServer, guardian: Guardian) -> None:
    redis_server.ask("SET", "stack:kept", "an acknowledged value")
    files = (guardian.directory / "redis" / "appendonlydir").glob("*.incr.aof")
    assert any(b"an acknowledged value" in Path(file).read_bytes() for file in files)
