"""The commands, as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from loadstone.stack.ports import reserve_port
from loadstone.stack.postgres import PostgresServer
from service.settings import Settings


def _environment(settings: Settings, **more: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PASSWORD_HASH_MEMORY_KIB": "8",
        "PASSWORD_HASH_TIME_COST": "1",
        **more,
    }


def _run(settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env=_environment(settings, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def _serving(settings: Settings, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    with reserve_port() as reserved:
        port = reserved.getsockname()[1]
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=_environment(settings, **more))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _wait_until_ready(client, process)
            yield process, client
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError("the service was not ready in time")


def test_prepare_makes_an_empty_database_ready(
    postgres_primary: PostgresServer, service_settings: Settings
) -> None:
    url = postgres_primary.create_database("prepare_tests")
    settings = service_settings.model_copy(
        update={"database_url": url, "redis_url": _other(service_settings)}
    )
    done = _run(settings, "prepare", "--seed", "3", "--users", "5", "--videos", "7")
    assert (done.returncode, done.stderr) == (0, "")
    counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM videos)"
    assert postgres_primary.query(counts, "prepare_tests").split("|") == ["5", "7"]


def test_sigterm_flushes_the_views_and_ends_soon(service_settings: Settings) -> None:
    with _serving(service_settings, VIEW_FLUSH_INTERVAL_S="60") as (process, client):
        viewers = [f"{process.pid}-{number}" for number in range(5)]
        before = client.get("/internal/audit/view_counting").json()["videos"]["1"]
        for viewer in viewers:
            assert client.post("/videos/1/views", json={"viewer": viewer}).json() == {"counted": True}
        start_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        assert time.monotonic() - start_s < 2
    with _serving(service_settings, VIEW_FLUSH_INTERVAL_S="60") as (_, client):
        after = client.get("/internal/audit/view_counting").json()["videos"]["1"]
    assert after == {"stored": before["stored"] + before["buffered"] + 5, "buffered": 0}


def test_a_wrong_setting_is_one_sentence_and_exit_2(service_settings: Settings) -> None:
    unknown = _run(service_settings, "serve", "--port", "1", CACHING_STRATEGY="hope")
    assert unknown.returncode == 2
    assert unknown.stderr == (
        "The service cannot start: CACHING_STRATEGY is 'hope', but must be one of: uncached, guide, lease.\n"
    )
    weak = _run(service_settings, "serve", "--port", "1", ENVIRONMENT="production", SECRET_KEY="s3cr3t")
    assert weak.returncode == 2
    assert "SECRET_KEY needs 32 random bytes" in weak.stderr
    assert "s3cr3t" not in weak.stderr
    assert len(weak.stderr.splitlines()) == 1


def _other(settings: Settings) -> str:
    """Return another Redis database than the tests': preparing removes the service's keys."""
    return settings.redis_url.removesuffix("/0") + "/1"
