import pytest
from sqlalchemy import text

from service.api.errors import STATUSES
from service.app import BODY_MAXIMUM_BYTES
from service.errors import DomainError
from tests.service.conftest import Author, Client, Running, error_code


def test_every_domain_error_has_its_status() -> None:
    assert set(DomainError.__subclasses__()) == set(STATUSES)


async def test_paths_and_methods_that_are_not_there_answer_in_the_one_form(client: Client) -> None:
    missing = await client.get("/nothing")
    assert (missing.status_code, error_code(missing)) == (404, "not_found")
    wrong = await client.delete("/videos/1")
    assert (wrong.status_code, error_code(wrong)) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]


async def test_a_body_beyond_all_reason_is_refused(client: Client, author: Author) -> None:
    text = "x" * (BODY_MAXIMUM_BYTES + 1)
    answer = await client.post("/posts", json={"text": text}, headers=author.headers)
    assert answer.status_code == 413


async def test_a_store_that_is_away_is_503_and_says_when_to_come_back(running: Running) -> None:
    away = {"redis_url": "redis://127.0.0.1:1/0", "view_counting_strategy": "direct"}
    async with running(**away, caching_strategy="guide") as client:
        answer = await client.get("/videos/1")
        assert (answer.status_code, error_code(answer)) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("sqlstate", "status"), [("53300", 503), ("57014", 503), ("40001", 503), ("08006", 503), ("22012", 500)]
)
async def test_what_passes_by_itself_is_503_and_other_errors_of_the_database_are_500(
    client: Client, monkeypatch: pytest.MonkeyPatch, sqlstate: str, status: int
) -> None:
    async def fail(video_id: int) -> None:
        raising = f"DO $$ BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '{sqlstate}'; END $$"
        async with client.resources.writer.connect() as connection:
            await connection.execute(text(raising))

    monkeypatch.setattr(client.resources.known_videos, "require", fail)
    answer = await client.post("/videos/1/views", json={"viewer": "anna"})
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "secret" not in answer.text


async def test_a_connection_that_the_server_cuts_off_is_503(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(video_id: int) -> None:
        async with client.resources.writer.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr(client.resources.known_videos, "require", cut_off)
    assert (await client.post("/videos/1/views", json={"viewer": "anna"})).status_code == 503


async def test_a_database_that_cannot_be_connected_to_is_503(running: Running) -> None:
    away = {"database_url": "postgresql://nobody@127.0.0.1:1/nothing", "database_read_replicas": ()}
    async with running(**away, caching_strategy="uncached") as client:
        assert (await client.get("/videos/1")).status_code == 503


async def test_what_nobody_foresaw_is_500_and_tells_nothing(client: Client) -> None:
    client.resources.strategies.views.record = None  # type: ignore[assignment,method-assign]
    answer = await client.post("/videos/1/views", json={"viewer": "anna"})
    assert (answer.status_code, error_code(answer)) == (500, "internal")
    assert "NoneType" not in answer.text
