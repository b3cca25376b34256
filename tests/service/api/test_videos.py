import asyncio
import json

import pytest

from service.schemas import Video
from tests.service.conftest import SEEDED, Author, Client, Running, error_code


async def test_a_hit_and_a_load_have_the_same_body(client: Client, author: Author) -> None:
    video = await client.video(author)
    answers = [await client.get(f"/videos/{video['id']}") for _ in range(2)]
    assert [answer.headers["X-Cache"] for answer in answers] == ["load", "hit"]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["Content-Type"] == "application/json"
    assert answers[0].json() == video
    assert video.keys() == Video.model_fields.keys()


async def test_readers_of_one_cold_key_share_a_load(running: Running) -> None:
    async with running(cache_load_delay_s=0.05) as client:
        video = await client.video(await client.author())
        answers = await asyncio.gather(*(client.get(f"/videos/{video['id']}") for _ in range(5)))
        sources = sorted(answer.headers["X-Cache"] for answer in answers)
        assert sources == ["load", "shared", "shared", "shared", "shared"]


async def test_an_acknowledged_change_is_seen_by_every_later_read(client: Client, author: Author) -> None:
    video = await client.video(author)
    for version in (2, 3):
        await client.get(f"/videos/{video['id']}")
        changed = await client.patch(
            f"/videos/{video['id']}", json={"title": f"Title {version}"}, headers=author.headers
        )
        assert (changed.status_code, changed.json()["version"]) == (200, version)
        assert (await client.get(f"/videos/{video['id']}")).json() == changed.json()


async def test_only_the_owner_changes_a_video(client: Client, author: Author) -> None:
    theirs = await client.patch("/videos/1", json={"title": "Mine"}, headers=author.headers)
    assert (theirs.status_code, error_code(theirs)) == (403, "forbidden")
    nobodys = await client.patch("/videos/999999999", json={"title": "Mine"}, headers=author.headers)
    assert (nobodys.status_code, error_code(nobodys)) == (404, "not_found")


async def test_the_uncached_service_reads_where_the_router_says(running: Running) -> None:
    async with running(caching_strategy="uncached", replica_routing_strategy="guide_random") as client:
        answer = await client.get("/videos/1")
        assert (answer.headers["X-Cache"], answer.headers["X-Served-By"]) == ("load", "replica-1")


async def test_a_cached_load_never_reads_a_replica(running: Running) -> None:
    async with running(caching_strategy="lease", replica_routing_strategy="guide_random") as client:
        video = await client.video(await client.author())
        answer = await client.get(f"/videos/{video['id']}")
        assert answer.json() == video
        assert "X-Served-By" not in answer.headers


async def test_videos_are_listed_newest_first_to_the_end(client: Client) -> None:
    ids: list[int] = []
    cursor = None
    while cursor or not ids:
        params = {"limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/videos", params=params)).json()
        ids += [video["id"] for video in page["items"]]
        cursor = page["next_cursor"]
    assert len(ids) == len(set(ids))
    assert ids[-SEEDED.videos :] == list(range(SEEDED.videos, 0, -1))


async def test_a_viewer_counts_once(client: Client, author: Author) -> None:
    video = await client.video(author)
    path = f"/videos/{video['id']}/views"
    answers = [await client.post(path, json={"viewer": name}) for name in ("anna", "anna", "ben")]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert [answer.json()["counted"] for answer in answers] == [True, False, True]


async def test_a_view_of_no_video_is_not_found(client: Client) -> None:
    answer = await client.post("/videos/999999999/views", json={"viewer": "anna"})
    assert (answer.status_code, error_code(answer)) == (404, "not_found")


async def test_one_job_at_a_time_and_the_status_is_seen(running: Running) -> None:
    async with running(processing_work_s=0.1) as client:
        author = await client.author()
        video = await client.video(author)
        path = f"/videos/{video['id']}/process"
        answers = await asyncio.gather(*(client.post(path, headers=author.headers) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
        assert (await client.post("/internal/drain")).json()["jobs"] == 0
        assert (await client.get(f"/videos/{video['id']}")).json()["status"] == "completed"
        again = await client.post(path, headers=author.headers)
        assert again.status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/videos", {"title": ""}),
        ("POST", "/videos", {"title": "x" * 201}),
        ("POST", "/videos", {"title": "nul \x00"}),
        ("POST", "/videos", {"title": "x", "views": 7}),
        ("POST", "/videos", ["x"]),
        ("POST", "/videos/1/views", {"viewer": "x" * 65}),
        ("POST", "/videos/1/views", b'{"viewer": "\\ud800"}'),
        ("POST", "/videos/1/views", b"{"),
        ("GET", f"/videos/{2**63}", None),
        ("GET", "/videos/0", None),
        ("GET", "/videos?limit=0", None),
        ("GET", "/videos?limit=101", None),
    ],
)
async def test_a_senseless_request_is_refused_in_the_one_form(
    client: Client, author: Author, method: str, path: str, body: object
) -> None:
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = author.headers | {"Content-Type": "application/json"}
    answer = await client.request(method, path, content=content, headers=headers)
    assert (answer.status_code, error_code(answer)) == (422, "invalid_request")
