import pytest

from service.security import AccessTokens
from tests.service.conftest import SEEDED, Author, Client, error_code


async def test_a_seeded_user_logs_in_and_is_known_by_the_token(client: Client) -> None:
    credentials = {"username": f"user{SEEDED.users}", "password": "loadstone"}
    answer = await client.post("/auth/login", json=credentials)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in_s"]) == ("bearer", 1800)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/users/me", headers=headers)).json()["id"] == SEEDED.users


@pytest.mark.parametrize(
    ("username", "password"), [("user1", "wrong"), ("nobody", "loadstone"), ("user1\0", "loadstone")]
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(
    client: Client, username: str, password: str
) -> None:
    answer = await client.post("/auth/login", json={"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "the user name or the password is wrong"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}])
async def test_without_a_valid_token_nobody_is_me(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/users/me", headers=headers)
    assert (answer.status_code, error_code(answer)) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_expired_token_is_refused(client: Client, author: Author) -> None:
    key = client.resources.settings.secret_key.get_secret_value()
    expired = AccessTokens(key, lifetime_s=-1).issue(author.id)
    answer = await client.get("/users/me", headers={"Authorization": f"Bearer {expired}"})
    assert answer.status_code == 401


async def test_who_no_longer_exists_writes_nothing(client: Client) -> None:
    headers = {"Authorization": f"Bearer {client.resources.tokens.issue(999_999_999)}"}
    post = await client.post("/posts", json={"text": "Hello"}, headers=headers)
    video = await client.post("/videos", json={"title": "Hello"}, headers=headers)
    assert (post.status_code, video.status_code) == (401, 401)
