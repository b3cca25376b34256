import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.service.conftest import Author, Client, Running, error_code

HEADER = "X-Consistency-Token"


async def test_writes_and_routed_reads_hand_out_a_token_that_is_taken_back(
    client: Client, author: Author
) -> None:
    written = await client.put("/users/me", json={"bio": "x"}, headers=author.headers)
    read = await client.get("/users/me", headers=author.headers | {HEADER: written.headers[HEADER]})
    assert read.status_code == 200
    assert _position(read.headers[HEADER]) >= _position(written.headers[HEADER])


async def test_a_reader_always_finds_its_own_write(client: Client, author: Author) -> None:
    for number in range(20):
        written = await client.put("/users/me", json={"bio": str(number)}, headers=author.headers)
        read = await client.get("/users/me", headers=author.headers | {HEADER: written.headers[HEADER]})
        assert read.json()["bio"] == str(number)


@pytest.mark.parametrize("token", ["", "12", "12.abc"])
async def test_a_token_that_is_not_ours_is_refused(client: Client, token: str) -> None:
    answer = await client.get("/posts/1", headers={HEADER: token})
    assert (answer.status_code, error_code(answer)) == (400, "invalid_token")


async def test_a_cursor_is_no_consistency_token(client: Client) -> None:
    cursor = (await client.get("/videos?limit=1")).json()["next_cursor"]
    assert (await client.get("/posts/1", headers={HEADER: cursor})).status_code == 400


async def test_without_positions_there_is_no_token(running: Running) -> None:
    async with running(replica_routing_strategy="primary_only") as client:
        answer = await client.get("/posts/1")
        assert answer.headers["X-Served-By"] == "primary"
        assert HEADER not in answer.headers


async def test_a_change_that_stands_is_seen_although_the_position_could_not_be_asked_for(
    client: Client, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(connection: AsyncConnection) -> int:
        raise TimeoutError

    path = f"/users/{author.id}"
    assert (await client.get(path)).json()["bio"] == ""
    with monkeypatch.context() as patch:
        patch.setattr(client.resources.strategies.router, "written", fail)
        changed = await client.put("/users/me", json={"bio": "new"}, headers=author.headers)
        video = await client.post("/videos", json={"title": "x"}, headers=author.headers)
    assert (changed.status_code, video.status_code) == (503, 503)
    assert (await client.get(path)).json()["bio"] == "new"


async def test_a_change_that_is_refused_removes_nothing_from_the_cache(
    client: Client, author: Author
) -> None:
    video = await client.video(author)
    path = f"/videos/{video['id']}"
    await client.get(path)
    other = await client.author()
    refused = await client.patch(path, json={"title": "mine"}, headers=other.headers)
    assert refused.status_code == 403
    assert (await client.get(path)).headers["X-Cache"] == "hit"


def _position(token: str) -> int:
    return int(token.split(".")[0])
