from typing import Any

from tests.service.conftest import Author, Client, Running, error_code


async def _write(client: Client, author: Author, text: str) -> dict[str, Any]:
    answer = await client.post("/posts", json={"text": text}, headers=author.headers)
    assert answer.status_code == 201, answer.text
    post: dict[str, Any] = answer.json()
    return post


async def test_a_post_is_shown_as_it_was_written(client: Client, author: Author) -> None:
    answer = await client.post("/posts", json={"text": "Hello"}, headers=author.headers)
    post = answer.json()
    assert answer.status_code == 201
    assert (post["author_id"], post["text"]) == (author.id, "Hello")
    token = {"X-Consistency-Token": answer.headers["X-Consistency-Token"]}
    assert (await client.get(f"/posts/{post['id']}", headers=token)).json() == post


async def test_too_many_posts_are_refused_with_the_time_to_wait(running: Running) -> None:
    async with running(rate_limiting_strategy="gcra", rate_limit_posts=4) as client:
        author = await client.author()
        answers = [await client.post("/posts", json={"text": "x"}, headers=author.headers) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert error_code(answers[-1]) == "rate_limited"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600


async def test_posts_that_cannot_be_counted_are_unavailable_or_admitted_as_the_policy_says(
    running: Running,
) -> None:
    away = {"redis_url": "redis://127.0.0.1:1/0", "caching_strategy": "uncached"}
    for fail_open, status in ((False, 503), (True, 201)):
        async with running(**away, view_counting_strategy="direct", rate_limit_fail_open=fail_open) as client:
            headers = {"Authorization": f"Bearer {client.resources.tokens.issue(1)}"}
            answer = await client.post("/posts", json={"text": "x"}, headers=headers)
            assert answer.status_code == status


async def test_the_feed_has_the_posts_of_the_followed_newest_first(client: Client, author: Author) -> None:
    followed, stranger = await client.author(), await client.author()
    await client.put(f"/users/{followed.id}/follow", headers=author.headers)
    first = await _write(client, followed, "first")
    await _write(client, stranger, "not of interest")
    answer = await client.post("/posts", json={"text": "second"}, headers=followed.headers)
    headers = author.headers | {"X-Consistency-Token": answer.headers["X-Consistency-Token"]}
    page = (await client.get("/feed", headers=headers)).json()
    assert page == {"items": [answer.json(), first], "next_cursor": None}


async def test_a_walk_through_the_feed_during_inserts_has_no_duplicate_and_skips_none(
    running: Running,
) -> None:
    async with running(rate_limiting_strategy="unlimited", replica_routing_strategy="primary_only") as client:
        reader, authors = await client.author(), [await client.author() for _ in range(3)]
        for one in authors:
            await client.put(f"/users/{one.id}/follow", headers=reader.headers)
        there = [await _write(client, authors[n % 3], f"post {n}") for n in range(14)]
        seen: list[int] = []
        cursor = None
        for _ in range(20):
            params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/feed", params=params, headers=reader.headers)).json()
            seen += [post["id"] for post in page["items"]]
            for one in authors:
                await _write(client, one, "meanwhile")
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == [post["id"] for post in reversed(there)]


async def test_a_cursor_is_good_for_the_feed_it_came_from_only(client: Client) -> None:
    first = {"Authorization": f"Bearer {client.resources.tokens.issue(1)}"}
    second = {"Authorization": f"Bearer {client.resources.tokens.issue(2)}"}
    cursor = (await client.get("/feed?limit=1", headers=first)).json()["next_cursor"]
    assert (await client.get("/feed", params={"cursor": cursor}, headers=first)).status_code == 200
    for headers, bad in ((second, cursor), (first, cursor[:-1]), (first, "x")):
        answer = await client.get("/feed", params={"cursor": bad}, headers=headers)
        assert (answer.status_code, error_code(answer)) == (400, "invalid_token")
    other_list = await client.get("/videos", params={"cursor": cursor})
    assert other_list.status_code == 400
