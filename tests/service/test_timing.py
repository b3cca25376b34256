import asyncio
import time
from collections.abc import Awaitable, Mapping

import pytest
from httpx import Response
from sqlalchemy import text

from service.settings import Settings
from tests.service.conftest import Client, Running

PARTS = ["queue", "pool", "redis", "sql", "render"]
HELD_S = 0.1
MOST_OF_IT_MS = 1000 * HELD_S / 2  # what comes before the wait takes its part on a busy machine


def parts_ms(answer: Response) -> Mapping[str, float]:
    parts = [part.split(";dur=") for part in answer.headers["Server-Timing"].split(", ")]
    assert [name for name, _ in parts] == PARTS
    return {name: float(value) for name, value in parts}


async def begun(request: Awaitable[Response]) -> "asyncio.Task[Response]":
    """Return the request under way, when it has waited for `HELD_S`."""
    task = asyncio.ensure_future(request)
    await asyncio.sleep(HELD_S)
    assert not task.done()
    return task


@pytest.mark.parametrize("path", ["/livez", "/videos/1", "/videos", "/nowhere", "/videos/nonsense"])
async def test_every_answer_tells_its_parts_and_they_fit_into_what_the_client_waited(
    client: Client, path: str
) -> None:
    begin_s = time.perf_counter()
    answer = await client.get(path)
    waited_ms = 1000 * (time.perf_counter() - begin_s)
    assert all(0 <= part < waited_ms for part in parts_ms(answer).values())


async def test_only_the_stores_that_a_request_asked_are_counted(client: Client) -> None:
    path = f"/videos/{(await client.video(await client.author()))['id']}"
    missed, hit = [parts_ms(await client.get(path)) for _ in range(2)]
    assert min(missed["redis"], missed["sql"], missed["pool"], hit["redis"]) > 0
    assert hit["sql"] == hit["pool"] == 0
    alive = parts_ms(await client.get("/livez"))
    assert alive["redis"] == alive["sql"] == alive["pool"] == 0
    assert min(alive["queue"], alive["render"]) > 0


async def test_a_request_that_finds_no_handler_was_in_the_queue_until_it_was_answered(client: Client) -> None:
    parts = parts_ms(await client.get("/nowhere"))
    assert parts["queue"] > 0
    assert parts["render"] == 0


async def test_waiting_for_a_connection_is_pool(running: Running) -> None:
    async with running(db_pool_size=1, replica_routing_strategy="primary_only") as client:
        async with client.resources.primary.engine.connect():
            task = await begun(client.get("/videos"))
        parts = parts_ms(await task)
    assert parts["pool"] > MOST_OF_IT_MS
    assert max(parts["sql"], parts["render"], parts["queue"]) < MOST_OF_IT_MS


async def test_waiting_for_a_locked_row_is_sql(client: Client) -> None:
    author = await client.author()
    id = (await client.video(author))["id"]
    async with client.resources.primary.engine.begin() as connection:
        await connection.execute(text("SELECT 1 FROM videos WHERE id = :id FOR UPDATE"), {"id": id})
        task = await begun(client.patch(f"/videos/{id}", json={"title": "Another"}, headers=author.headers))
    parts = parts_ms(await task)
    assert parts["sql"] > MOST_OF_IT_MS
    assert max(parts["pool"], parts["render"], parts["queue"]) < MOST_OF_IT_MS


async def test_requests_at_once_are_counted_apart(client: Client) -> None:
    answers = await asyncio.gather(*(client.get(path) for path in ("/videos", "/livez", "/videos")))
    assert [parts_ms(answer)["sql"] > 0 for answer in answers] == [True, False, True]


async def test_a_service_that_tells_no_times_takes_none(running: Running) -> None:
    async with running(server_timing_enabled=False) as client:
        assert "Server-Timing" not in (await client.get("/videos/1")).headers
        assert "execute_command" not in vars(client.resources.redis.once)


def test_production_tells_no_times_unless_it_is_told_to() -> None:
    production = {"environment": "production", "secret_key": "k" * 32}
    assert not Settings.model_validate(production).server_timing_enabled
    assert Settings.model_validate({**production, "server_timing_enabled": True}).server_timing_enabled
    assert Settings().server_timing_enabled
