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


async def test_what_nobody_foresaw_is_500_and_tells_nothing(client: Client) -> None:
    client.resources.strategies.views.record = None  # type: ignore[assignment,method-assign]
    answer = await client.post("/videos/1/views", json={"viewer": "anna"})
    assert (answer.status_code, error_code(answer)) == (500, "internal")
    assert "NoneType" not in answer.text
