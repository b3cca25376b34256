from tests.service.conftest import PASSWORD, Author, Client, error_code


async def test_a_new_user_is_shown_without_secrets(client: Client) -> None:
    new = {"username": "newcomer", "password": PASSWORD, "display_name": "New"}
    made = await client.post("/users", json=new)
    assert made.status_code == 201
    user = made.json()
    assert user == {
        "id": user["id"],
        "username": "newcomer",
        "display_name": "New",
        "bio": "",
        "followers": 0,
        "following": 0,
        "version": 1,
    }
    assert (await client.get(f"/users/{user['id']}")).json() == user


async def test_a_user_name_is_given_once(client: Client, author: Author) -> None:
    new = {"username": author.username, "password": PASSWORD, "display_name": "Other"}
    answer = await client.post("/users", json=new)
    assert (answer.status_code, error_code(answer)) == (409, "conflict")


async def test_a_profile_change_counts_a_version_and_is_seen_at_once(client: Client, author: Author) -> None:
    await client.get(f"/users/{author.id}")
    changed = await client.put("/users/me", json={"bio": "Hello"}, headers=author.headers)
    assert changed.status_code == 200
    assert (changed.json()["version"], changed.json()["bio"]) == (2, "Hello")
    assert changed.json()["display_name"] == "An author"
    assert (await client.get(f"/users/{author.id}")).json() == changed.json()


async def test_me_is_read_anew_each_time_and_says_from_where(client: Client, author: Author) -> None:
    changed = await client.put("/users/me", json={"bio": "1"}, headers=author.headers)
    token = {"X-Consistency-Token": changed.headers["X-Consistency-Token"]}
    me = await client.get("/users/me", headers=author.headers | token)
    assert me.json()["bio"] == "1"
    assert me.headers["X-Served-By"] in {"primary", "replica-1"}
    assert "X-Cache" not in me.headers


async def test_following_is_counted_on_both_sides_once(client: Client, author: Author) -> None:
    other = await client.author()
    for _ in range(2):
        answer = await client.put(f"/users/{other.id}/follow", headers=author.headers)
        assert answer.status_code == 204
    assert (await client.get(f"/users/{other.id}")).json()["followers"] == 1
    assert (await client.get(f"/users/{author.id}")).json()["following"] == 1
    for _ in range(2):
        answer = await client.delete(f"/users/{other.id}/follow", headers=author.headers)
        assert answer.status_code == 204
    assert (await client.get(f"/users/{other.id}")).json()["followers"] == 0


async def test_nobody_follows_themselves_or_nobody(client: Client, author: Author) -> None:
    oneself = await client.put(f"/users/{author.id}/follow", headers=author.headers)
    assert (oneself.status_code, error_code(oneself)) == (409, "conflict")
    nobody = await client.put("/users/999999999/follow", headers=author.headers)
    assert (nobody.status_code, error_code(nobody)) == (404, "not_found")


async def test_an_unknown_user_is_not_found_and_a_new_one_of_that_id_is(
    client: Client, author: Author
) -> None:
    next_id = author.id + 1
    missing = await client.get(f"/users/{next_id}")
    assert (missing.status_code, error_code(missing)) == (404, "not_found")
    assert (await client.author()).id == next_id
    assert (await client.get(f"/users/{next_id}")).status_code == 200
