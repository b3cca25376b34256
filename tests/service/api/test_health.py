import pytest

from service.api.health import state_of
from tests.service.conftest import Client, Running

NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_a_healthy_service_is_ready(client: Client) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_lives_and_is_not_ready_without_its_stores(running: Running) -> None:
    away = {"database_url": NOBODY_THERE, "redis_url": "redis://127.0.0.1:1/0"}
    async with running(**away, view_counting_strategy="direct") as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "down"})


async def test_a_dead_replica_is_shown_and_its_reads_go_to_the_primary(running: Running) -> None:
    async with running(database_read_replicas=(NOBODY_THERE,)) as client:
        detailed = await client.get("/health/detailed")
        assert (detailed.status_code, detailed.json()["status"]) == (200, "degraded")
        away = detailed.json()["parts"]["replica-1"]
        assert away == {"ok": False, "error": "ConnectionRefusedError"}
        assert detailed.json()["parts"]["primary"]["ok"]
        assert detailed.json()["pools"]["primary"] == {"size": 20, "in_use": 0}
        answer = await client.get("/posts/1")
        assert (answer.status_code, answer.headers["X-Served-By"]) == (200, "primary")


@pytest.mark.parametrize(
    ("away", "state"),
    [((), "ok"), (("replica-1",), "degraded"), (("redis",), "down"), (("primary", "replica-1"), "down")],
)
def test_only_a_replica_can_be_spared(away: tuple[str, ...], state: str) -> None:
    names = ("primary", "replica-1", "replica-2", "redis")
    assert state_of({name: {"ok": name not in away} for name in names}) == state
