import pytest
from locust.exception import InterruptTaskSet, LocustError, ResponseError, StopUser

from loadstone.load.http.errors import BadStatusError
from loadstone.load.http.response import Response
from loadstone.load.http.url import parse_url
from tests.loadstone.load.http.served import Asker


def response(status: int = 200, head: str = "", content: bytes = b"", catch: bool = True) -> Response:
    made = Response(Asker(), "GET", "/", parse_url("http://h/"), {}, catch)
    made.status_code, made.head, made.content = status, head, content
    if status >= 400:
        made.error = BadStatusError(f"HTTP {status}")
    return made


def reported(made: Response) -> list[str]:
    """Return the failure texts of what was reported."""
    assert isinstance(made.user, Asker)
    return [told.failure_text for told in made.user.reported]


def test_a_block_reports_when_it_ends() -> None:
    made = response()
    with made as entered:
        assert entered is made
        assert reported(made) == []
    assert reported(made) == [""]


@pytest.mark.parametrize(("status", "text"), [(200, ""), (404, "HTTP 404")])
def test_without_a_word_the_status_decides(status: int, text: str) -> None:
    with response(status) as made:
        pass
    assert reported(made) == [text]


def test_a_task_may_call_an_error_a_success() -> None:
    with response(404) as made:
        made.success()
        made.raise_for_status()
    assert reported(made) == [""]


@pytest.mark.parametrize(
    ("reason", "text"), [("wrong", "wrong"), (ValueError("wrong"), "ValueError: wrong"), ("", "failed")]
)
def test_a_task_may_call_a_success_a_failure(reason: object, text: str) -> None:
    with response() as made:
        made.failure(reason)
    assert reported(made) == [text]


def test_the_last_word_counts() -> None:
    with response() as made:
        made.failure("first")
        made.success()
    assert reported(made) == [""]


def test_a_response_error_in_the_block_is_the_failure_and_goes_no_further() -> None:
    with response() as made:
        raise ResponseError("wrong")
    assert reported(made) == ["ResponseError: wrong"]


def test_another_exception_in_the_block_is_reported_and_goes_on() -> None:
    made = response()
    with pytest.raises(KeyError), made:
        raise KeyError("id")
    assert reported(made) == ["KeyError: 'id'"]


def test_an_exception_after_the_word_changes_nothing_but_goes_on() -> None:
    made = response(500)
    with pytest.raises(KeyError), made:
        _say_success_and_raise(made)
    assert reported(made) == [""]


def _say_success_and_raise(made: Response) -> None:
    made.success()
    raise KeyError("id")


@pytest.mark.parametrize(
    "end",
    [InterruptTaskSet(), StopUser()],  # type: ignore[no-untyped-call]
)
@pytest.mark.parametrize(("status", "text"), [(200, ""), (500, "HTTP 500")])
def test_a_task_that_ends_in_the_block_says_nothing_about_the_request(
    end: Exception, status: int, text: str
) -> None:
    made = response(status)
    with pytest.raises(type(end)), made:
        raise end
    assert reported(made) == [text]


def test_a_block_that_is_entered_again_reports_no_more() -> None:
    made = response()
    for _ in range(2):
        with made:
            pass
    assert reported(made) == [""]


def test_a_word_outside_of_a_block_is_refused() -> None:
    for catch in (True, False):
        made = response(catch=catch)
        with pytest.raises(LocustError):
            made.success()
        with pytest.raises(LocustError):
            made.failure("wrong")
    with pytest.raises(LocustError, match="catch_response=True"), response(catch=False):
        pass


def test_a_word_after_the_block_is_too_late() -> None:
    with response() as made:
        pass
    with pytest.raises(LocustError, match="with block"):
        made.failure("late")
    assert reported(made) == [""]


def test_a_response_that_was_reported_at_once_cannot_be_decided_on() -> None:
    made = response(catch=False)
    made.finish()
    assert reported(made) == [""]
    with pytest.raises(LocustError):
        made.failure("late")
    with pytest.raises(LocustError), made:
        pass


def test_raise_for_status_raises_what_makes_it_a_failure() -> None:
    response().raise_for_status()
    with pytest.raises(BadStatusError, match="HTTP 503"):
        response(503).raise_for_status()


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe4", "ä"),
        ('text/plain; charset="UTF-16"', "ä".encode("utf-16"), "ä"),
        ("text/plain", "ä".encode(), "ä"),
        ("text/plain; charset=unheard-of", "ä".encode(), "ä"),
        ("", b"a\xff", "a\ufffd"),
    ],
)
def test_text_is_in_the_charset_of_its_header_else_utf8(content_type: str, content: bytes, text: str) -> None:
    made = response(head=f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}", content=content)
    assert made.text == text


@pytest.mark.parametrize(("status", "ok"), [(0, False), (200, True), (302, True), (399, True), (400, False)])
def test_it_is_ok_with_an_answer_below_400(status: int, ok: bool) -> None:
    assert response(status).ok is ok


def test_it_tells_how_long_it_took() -> None:
    made = response()
    made.start_s, made.end_s = 1.0, 1.5
    assert made.elapsed.total_seconds() == 0.5


@pytest.mark.parametrize("charset", ["idna", "undefined", "hex", "a\0b", "\xe4", "utf-8; charset=x"])
def test_text_is_text_whatever_charset_a_server_names(charset: str) -> None:
    made = response(head=f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset={charset}", content=b"a\xff")
    assert made.text == "a\ufffd"


def test_a_task_may_set_the_charset_of_the_text() -> None:
    made = response(head="HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8", content=b"\xe4")
    made.encoding = "latin-1"
    assert made.text == "ä"
