import subprocess
import sys
import time
from typing import Any

import pytest
from locust.env import Environment
from locust.exception import StopTest

import loadstone
from loadstone.errors import LoadstoneError
from loadstone.load.http.user import HttpUser
from tests.loadstone.load.http.served import OK, serving


def user_of(host: str | None, **attributes: Any) -> tuple[HttpUser, list[dict[str, Any]]]:
    """Return a user, and what will be told of its requests."""
    environment = Environment()
    told: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **event: told.append(event))  # type: ignore[no-untyped-call]
    return type("Visitor", (HttpUser,), {"host": host, "abstract": False, **attributes})(environment), told


def test_the_package_gives_the_user_class_when_asked() -> None:
    assert loadstone.HttpUser is HttpUser


def test_a_user_needs_a_host() -> None:
    with pytest.raises(StopTest, match="no host"):
        user_of(None)


def test_under_plain_locust_a_request_fires_its_event() -> None:
    with serving([0.05, OK]) as served:
        user, told = user_of(served.url, context=lambda self: {"who": 7})
        before_s = time.time()
        response = user.client.get("/a?b", name="/a", context={"more": 1})
    (event,) = told
    assert event.pop("start_time") == pytest.approx(before_s, abs=0.02)
    assert 50 <= event.pop("response_time") < 200
    assert event == {
        "request_type": "GET",
        "name": "/a",
        "response_length": 2,
        "response": response,
        "context": {"who": 7, "more": 1},
        "exception": None,
        "url": f"{served.url}/a?b",
    }


def test_another_report_takes_the_events_place() -> None:
    reported: list[Any] = []
    with serving(OK) as served:
        user, told = user_of(served.url, report=reported.append)
        response = user.client.get("/")
    assert (reported, told) == ([response], [])


def test_the_class_attributes_reach_the_client() -> None:
    attributes = {
        "default_timeout_s": 0.05,
        "max_redirects": 1,
        "body_limit": 5,
        "default_headers": {"X-A": "1"},
    }
    moved = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456"
    with serving(moved, moved, large, [30.0]) as served:
        user, _ = user_of(served.url, **attributes)
        failures = [user.client.get("/").failure_text for _ in range(3)]
    assert failures == [
        "more than 1 redirects",
        "the answer's body is over 5 bytes",
        "no whole answer in time",
    ]
    assert b"X-A: 1\r\n" in served.requests[0]


def test_rest_parses_the_body_or_says_that_it_cannot() -> None:
    good = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}'
    with serving(good, OK) as served:
        user, told = user_of(served.url)
        with user.rest("GET", "/") as response:
            assert response.js == {"a": 1}
        with user.rest("GET", "/") as response:
            assert response.js is None
    assert [event["exception"] is None for event in told] == [True, False]
    assert "Could not parse response as JSON" in str(told[1]["exception"])


@pytest.mark.parametrize(
    "name", ["network_timeout", "connection_timeout", "max_retries", "proxy_host", "client_pool"]
)
def test_a_setting_of_locusts_users_that_would_have_no_effect_is_refused(name: str) -> None:
    with pytest.raises(LoadstoneError, match=f"Visitor.{name} is not supported") as caught:
        type("Visitor", (HttpUser,), {name: 5})
    assert caught.value.remedy
    type("Visitor", (HttpUser,), {name: None})


def test_the_package_may_be_imported_before_locust() -> None:
    """Locust has gevent patch ssl, which warns where somebody has imported it before."""
    command = [sys.executable, "-c", "from loadstone import HttpUser"]
    imported = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "MonkeyPatchWarning" not in imported.stderr
