"""The call shape, compared with Locust's own clients on one server."""

import gc
import json
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import gevent
import pytest
from locust import FastHttpUser
from locust import HttpUser as RequestsUser
from locust.env import Environment

from loadstone.errors import LoadstoneError
from loadstone.load.http.user import HttpUser
from tests.loadstone.load.http.echo import echoing
from tests.loadstone.load.http.served import OK, client_for, serving


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with echoing() as url:
        yield url


def outcomes(base: type[Any], url: str, call: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Return what Locust's request event tells of the calls, and what the caller got."""
    environment = Environment()
    told: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **event: told.append(event))  # type: ignore[no-untyped-call]
    client = type("Asker", (base,), {"host": url, "abstract": False})(environment).client
    with closing(client if hasattr(client, "close") else client.client), suppress(KeyError):
        call(client)
    return [_plain(event) for event in told]


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Return what must be equal: FastHttpUser sends no Accept, and the echo is longer with one."""
    response = event["response"]
    plain = {name: event[name] for name in ("request_type", "name", "response_length", "url")}
    plain |= {"failed": event["exception"] is not None, "status": response.status_code, "ok": response.ok}
    if not response.content or "json" not in (response.headers.get("content-type") or ""):
        return plain
    echo = response.json()
    kept = {name: echo["headers"].get(name) for name in ("authorization", "cookie", "x_a", "host")}
    kept["accept"] = echo["headers"].get("accept", "*/*")
    parts = {name: echo[name] for name in ("method", "path", "query", "body", "type")}
    return {**plain, **parts, **kept, "response_length": -1}


def in_a_block(path: str, act: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(client: Any) -> None:
        with client.get(path, catch_response=True) as response:
            act(response)

    return call


CALLS: list[Callable[[Any], Any]] = [
    lambda client: client.get("/a?b=c"),
    lambda client: client.get("/videos/7", name="/videos/{id}"),
    lambda client: client.get("/a", headers={"X-A": "1", "Accept": "x/y"}),
    lambda client: client.get("/a", auth=("user", "pässword")),
    lambda client: client.get("/gzip"),
    lambda client: client.get("/sp ace/ü"),
    lambda client: client.post("/a", json={"b": [1, None, "ü"]}),
    lambda client: client.put("/a", json=[]),
    lambda client: client.patch("/a", b"raw", headers={"Content-Type": "x/y"}),
    lambda client: client.post("/a", data="text", headers={"Content-Type": "text/plain"}),
    lambda client: client.post("/a"),
    lambda client: client.delete("/a"),
    lambda client: client.options("/a"),
    lambda client: client.head("/a"),
    lambda client: client.request("GET", "/a", name="named"),
    lambda client: client.get("/status/404"),
    lambda client: client.get("/status/500", name="broken"),
    lambda client: client.get("/status/204"),
    lambda client: client.get("/status/304"),
    lambda client: client.get("/redirect/302?to=/after"),
    lambda client: client.post("/redirect/303?to=/after", json={"a": 1}),
    lambda client: client.post("/redirect/302?to=/after", json={"a": 1}),
    lambda client: client.post("/redirect/307?to=/after", data=b"kept", headers={"Content-Type": "x/y"}),
    lambda client: client.get("/redirect/301?to=/redirect/308?to=/after"),
    lambda client: client.get("/redirect/302?to=/after", allow_redirects=False),
    lambda client: client.get("/redirect/302?to=/status/404"),
    lambda client: [client.get("/cookie"), client.get("/"), client.get("/elsewhere/x")],
    in_a_block("/", lambda response: None),
    in_a_block("/status/404", lambda response: None),
    in_a_block("/", lambda response: response.failure("wrong")),
    in_a_block("/status/404", lambda response: response.success()),
    in_a_block("/status/404", lambda response: [response.success(), response.headers["no"]]),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_does_what_it_does_in_locust(url: str, call: Callable[[Any], Any]) -> None:
    ours, theirs = outcomes(HttpUser, url, call), outcomes(FastHttpUser, url, call)
    if theirs[0]["url"] != ours[0]["url"]:  # FastHttpUser tells the URL as the task wrote it
        theirs = [event | {"url": ours[0]["url"]} for event in theirs]
    assert ours == theirs


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.post("/a", data={"b": "c d", "e": ["f", "g"]}),
        lambda client: client.get("/a", params={"b": "c d", "e": ["f", "g"], "h": None}, name="/a"),
        lambda client: client.get("/a?b=1", params={"c": "ü"}, name="/a"),
        lambda client: client.post("/a", data="text"),
    ],
)
def test_a_form_a_query_and_a_bare_body_are_sent_as_requests_sends_them(
    url: str, call: Callable[[Any], Any]
) -> None:
    ours, theirs = outcomes(HttpUser, url, call), outcomes(RequestsUser, url, call)
    assert [{**event, "url": ""} for event in ours] == [{**event, "url": ""} for event in theirs]


def test_a_request_without_an_answer_is_told_once_with_its_error() -> None:
    (event,) = outcomes(HttpUser, "http://127.0.0.1:1", lambda client: client.get("/a"))
    assert (event["failed"], event["status"], event["response_length"], event["ok"]) == (True, 0, 0, False)


def test_every_redirect_counts_into_one_sample_and_the_last_answer_is_the_response(url: str) -> None:
    client, reported = client_for(url)
    response = client.get("/redirect/302?to=/redirect/307?to=/after")
    assert reported == [response]
    assert response.url == f"{url}/after"
    assert response.name == "/redirect/302?to=/redirect/307?to=/after"
    assert response.json()["path"] == "/after"


def test_redirects_are_bounded(url: str) -> None:
    client, reported = client_for(url, max_redirects=3)
    response = client.get("/loop")
    assert response.failure_text == "more than 3 redirects"
    assert (response.status_code, len(reported)) == (0, 1)


@pytest.mark.parametrize("to", ["ftp://h/", "http://[::", "javascript:alert(1)"])
def test_a_redirect_out_of_http_is_a_failure(url: str, to: str) -> None:
    client, reported = client_for(url)
    assert client.get(f"/redirect/302?to={to}").failure_text == "redirected to what is no http URL"
    assert len(reported) == 1


def test_credentials_do_not_follow_a_redirect_to_another_server(url: str) -> None:
    with echoing() as other:
        client, _ = client_for(url.replace("//", "//user:secret@"))
        assert "authorization" in client.get("/redirect/302?to=/a").json()["headers"]
        assert "authorization" not in client.get(f"/redirect/302?to={other}/a").json()["headers"]
        headers = {"Authorization": "Bearer secret"}
        echo = client.get(f"/redirect/302?to={other}/a", headers=headers).json()
        assert "authorization" not in echo["headers"]


def test_the_deadline_covers_all_redirects() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    with serving([0.05, moved]) as served:
        client, _ = client_for(served.url)
        response = client.get("/", timeout=0.2)
        assert response.failure_text == "no whole answer in time"
        assert response.end_s - response.start_s < 0.5


def test_a_default_timeout_counts_where_a_request_has_none() -> None:
    with serving([30.0]) as served:
        client, _ = client_for(served.url, default_timeout_s=30)
        client.default_timeout_s = 0.05
        assert client.get("/").failure_text == "no whole answer in time"


def test_greenlets_of_a_user_ask_side_by_side() -> None:
    with serving([0.1, OK]) as served:
        client, reported = client_for(served.url)
        for _ in range(2):
            asking = [gevent.spawn(client.get, "/") for _ in range(4)]
            gevent.joinall(asking, raise_error=True)
        assert [response.content for response in reported] == [b"ok"] * 8
        assert served.connections == 4


def test_names_may_be_given_to_all_requests_of_a_block(url: str) -> None:
    client, reported = client_for(url)
    with client.rename_request("renamed"):
        client.get("/a")
        client.get("/a", name="own")
    client.get("/a")
    assert [response.name for response in reported] == ["renamed", "own", "/a"]


def test_default_headers_go_along_and_give_way(url: str) -> None:
    client, _ = client_for(url, default_headers={"X-A": "1", "X-B": "2"})
    headers = client.get("/", headers={"x-a": "3"}).json()["headers"]
    assert (headers["x_a"], headers["x_b"]) == ("3", "2")


def test_a_task_may_set_headers_for_all_that_follows(url: str) -> None:
    client, _ = client_for(url, default_headers={"X-A": "1"})
    client.headers["X-A"] = "2"
    client.headers.update({"X-B": "3"})
    headers = client.get("/").json()["headers"]
    assert (headers["x_a"], headers["x_b"]) == ("2", "3")


@pytest.mark.parametrize("name", ["verify", "proxies", "auth", "trust_env"])
def test_what_only_a_session_of_requests_has_cannot_be_set_in_vain(url: str, name: str) -> None:
    client, _ = client_for(url)
    with pytest.raises(AttributeError, match=name):
        setattr(client, name, None)


def test_a_context_is_the_users_and_the_requests() -> None:
    with serving(OK) as served:
        client, reported = client_for(served.url)
        client.get("/", context={"a": 1})
        assert reported[0].context == {"a": 1}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("proxies", {"http": "http://proxy"}),
        ("files", {"a": b""}),
        ("stream", True),
        ("verify", False),
        ("verify", "authority.pem"),
        ("hooks", {"response": print}),
        ("cert", "cert.pem"),
        ("cookies", {"a": "b"}),
    ],
)
def test_what_this_client_cannot_do_is_refused_with_what_to_do(url: str, option: str, value: Any) -> None:
    client, reported = client_for(url)
    with pytest.raises(LoadstoneError, match=f"{option}= is not supported") as caught:
        client.get("/", **{option: value})
    assert caught.value.remedy
    assert reported == []


def test_an_unknown_option_is_a_type_error_and_an_option_that_asks_for_nothing_is_none(url: str) -> None:
    client, _ = client_for(url)
    with pytest.raises(TypeError, match="'naem'"):
        client.get("/", naem="typo")
    assert client.get("/", stream=False, proxies=None, files={}, cookies={}, verify=True).ok


def test_a_broken_package_is_a_failure() -> None:
    broken = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"
    with serving(broken, OK) as served:
        client, reported = client_for(served.url)
        assert client.get("/").failure_text == "the answer's body is not the gzip or deflate it is said to be"
        assert client.get("/").ok
        assert len(reported) == 2


def test_an_answer_over_the_limit_is_a_failure() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + bytes(101), OK) as served:
        client, _ = client_for(served.url, body_limit=100)
        assert client.get("/").failure_text == "the answer's body is over 100 bytes"
        assert client.get("/").ok
        assert served.connections == 2


def test_json_of_an_answer_reads_like_the_standard_library(url: str) -> None:
    client, _ = client_for(url)
    response = client.get("/x")
    assert response.json() == json.loads(response.text)


@pytest.mark.parametrize("method", ["GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "", "G T", b"GET", None])
def test_what_is_no_method_is_refused(url: str, method: Any) -> None:
    client, reported = client_for(url)
    with pytest.raises(LoadstoneError, match="is no method"):
        client.request(method, "/")
    assert reported == []


@pytest.mark.parametrize("method", ["get", "Post", "head"])
def test_a_method_is_sent_in_capitals(url: str, method: str) -> None:
    client, _ = client_for(url)
    response = client.request(method, "/", timeout=1)
    assert (response.method, response.failure_text) == (method.upper(), "")


@pytest.mark.parametrize("timeout", [(3, 10), "1", float("nan"), float("inf"), -1])
def test_a_timeout_is_one_number_of_seconds(url: str, timeout: Any) -> None:
    client, reported = client_for(url)
    with pytest.raises(LoadstoneError, match="is no number of seconds"):
        client.get("/", timeout=timeout)
    assert reported == []


@pytest.mark.parametrize("headers", [{"X": ["a"]}, {b"X": "a"}])
def test_a_header_that_is_no_text_is_refused(url: str, headers: Any) -> None:
    client, reported = client_for(url)
    with pytest.raises(LoadstoneError, match="is no text"):
        client.get("/", headers=headers)
    assert reported == []


def test_what_a_task_has_set_goes_before_what_a_body_implies(url: str) -> None:
    client, _ = client_for(url)
    client.headers["Content-Type"] = "application/vnd.api+json"
    assert client.post("/", json={}).json()["type"] == "application/vnd.api+json"
    assert client.post("/", json={}, headers={"content-type": "x/y"}).json()["type"] == "x/y"


def test_a_request_has_one_cookie_header_and_the_tasks_own_counts() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nSet-Cookie: jar=1; Path=/\r\nContent-Length: 0\r\n\r\n") as served:
        client, _ = client_for(served.url)
        client.get("/")
        client.get("/")
        client.get("/", headers={"Cookie": "own=1"})
    cookies = [
        [line for line in sent.split(b"\r\n") if line.startswith(b"Cookie")] for sent in served.requests
    ]
    assert cookies == [[], [b"Cookie: jar=1"], [b"Cookie: own=1"]]


def test_the_host_may_be_changed(url: str) -> None:
    client, _ = client_for("http://user:secret@127.0.0.1:1/base")
    assert client.base_url == "http://127.0.0.1:1/base"
    client.base_url = f"{url}/other"
    client.cookies["k"] = "v"
    echo = client.get("/a").json()
    assert (echo["path"], echo["headers"]["cookie"]) == ("/other/a", "k=v")


def test_credentials_in_a_url_would_get_into_the_report(url: str) -> None:
    client, reported = client_for(url)
    with pytest.raises(LoadstoneError, match="it holds credentials") as caught:
        client.get(url.replace("//", "//user:secret@") + "/a")
    assert "secret" not in str(caught.value)
    assert reported == []


def test_whatever_a_task_throws_into_a_request_is_reported_once_and_goes_on() -> None:
    class TooSlowError(Exception):
        pass

    with serving([30.0]) as served:
        client, reported = client_for(served.url)
        with pytest.raises(TooSlowError), gevent.Timeout(0.05, TooSlowError("too slow")):
            client.get("/")
    assert [response.failure_text for response in reported] == ["TooSlowError: too slow"]


def test_a_failed_response_is_freed_at_once() -> None:
    """Its error's traceback would make a ring of it, the request and what was received."""

    class Watched(list[Any]):
        pass

    client, reported = client_for("http://127.0.0.1:1")
    context = Watched()
    gone = weakref.ref(context)
    gc.disable()
    try:
        client.get("/", context={"watched": context})
        reported.clear()
        del context
        assert gone() is None
    finally:
        gc.enable()


def test_an_answer_gives_its_reason_and_its_cookies(url: str) -> None:
    client, _ = client_for(url)
    assert client.get("/status/404").reason == "Said So"
    response = client.get("/cookie")
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    assert response.cookies.get("c") is None
