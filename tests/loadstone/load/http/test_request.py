import pytest

from loadstone.errors import LoadstoneError
from loadstone.load.http.request import HeaderItems, Request, encode_body, encode_pairs
from loadstone.load.http.url import parse_url

HERE = parse_url("http://h:81/path?q=1")


def request(
    method: str = "GET", headers: HeaderItems = (), body: bytes = b"", defaults: HeaderItems = ()
) -> Request:
    return Request(method, HERE, defaults, headers, body)


def lines(sent: bytes) -> list[str]:
    return sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_a_request_is_sent_with_the_headers_of_the_client() -> None:
    assert request().encode("") == (
        b"GET /path?q=1 HTTP/1.1\r\nHost: h:81\r\nUser-Agent: loadstone\r\nAccept-Encoding: gzip, deflate\r\n"
        b"Accept: */*\r\nConnection: keep-alive\r\n\r\n"
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_method_that_has_bodies_tells_the_length_of_none(method: str) -> None:
    assert "Content-Length: 0" in lines(request(method).encode(""))


def test_a_body_goes_with_its_length_whatever_the_task_says_about_it() -> None:
    sent = request("DELETE", (("content-length", 99),), b"body").encode("")
    assert sent.endswith(b"\r\nContent-Length: 4\r\n\r\nbody")
    assert b"99" not in sent


def test_headers_replace_earlier_ones_of_their_name_and_none_removes_one() -> None:
    defaults = (("X-A", "1"), ("Accept", "a/b"))
    sent = lines(
        request(defaults=defaults, headers=(("x-a", 2), ("USER-AGENT", None), ("H", b"v"))).encode("")
    )
    assert {"x-a: 2", "Accept: a/b", "H: v"} <= set(sent)
    assert not [line for line in sent if line.lower().startswith(("user-agent", "x-a: 1", "accept: */*"))]


@pytest.mark.parametrize(
    ("value", "sent"), [("ü", b"\xc3\xbc"), ("€", b"\xe2\x82\xac"), (b"\xfc", b"\xfc"), (7, b"7")]
)
def test_a_header_is_sent_as_utf8_and_bytes_as_they_are(value: object, sent: bytes) -> None:
    assert b"X: " + sent + b"\r\n" in request(headers=(("X", value),)).encode("")


def test_a_cookie_goes_back_byte_by_byte_as_it_came() -> None:
    assert b"Cookie: a=\xc3\xbc\r\n" in request().encode(b"a=\xc3\xbc".decode("latin-1"))


def test_cookies_go_along() -> None:
    assert "Cookie: a=b; c=d" in lines(request().encode("a=b; c=d"))


@pytest.mark.parametrize(
    "header",
    [("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "\0"), ("X Y", "v"), ("", "v"), ("X:", "v"), ("X\r\n", "v")],
)
def test_a_header_that_would_break_the_request_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(LoadstoneError, match="is no header"):
        request(headers=(header,)).encode("")


def test_a_task_cannot_change_how_a_body_is_framed() -> None:
    with pytest.raises(LoadstoneError, match="Transfer-Encoding"):
        request(headers=(("transfer-encoding", "chunked"),)).encode("")


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, "GET"),
        ("PUT", 301, "PUT"),
        ("POST", 302, "GET"),
        ("DELETE", 302, "GET"),
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("HEAD", 302, "HEAD"),
        ("POST", 307, "POST"),
        ("DELETE", 308, "DELETE"),
    ],
)
def test_a_redirect_keeps_or_turns_the_method(method: str, status: int, then: str) -> None:
    headers = (("Content-Type", "text/plain"), ("X", "1"))
    turned = request(method, headers, b"body").redirected(status, HERE)
    assert turned.method == then
    kept = then == method
    assert (turned.body, turned.headers) == ((b"body", headers) if kept else (b"", (("X", "1"),)))


def test_credentials_stay_with_their_server() -> None:
    secret = (("Authorization", "s"), ("cookie", "c"), ("X", "1"))
    first = request(headers=secret, defaults=secret)
    same, other = parse_url("http://h:81/other"), parse_url("http://h/path")
    assert first.redirected(302, same).headers == secret
    moved = first.redirected(302, other)
    assert moved.headers == moved.defaults == (("X", "1"),)


@pytest.mark.parametrize(
    ("data", "json", "body", "headers"),
    [
        (None, None, b"", {}),
        (b"bytes", None, b"bytes", {}),
        ("täxt", None, "täxt".encode(), {}),
        (
            {"a": 1, "b": ["x", "y z"]},
            None,
            b"a=1&b=x&b=y+z",
            {"Content-Type": "application/x-www-form-urlencoded"},
        ),
        ([("a", 1), ("a", None)], None, b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}),
        (None, {"a": 1}, b'{"a": 1}', {"Content-Type": "application/json", "Accept": "application/json"}),
        ("", [], b"[]", {"Content-Type": "application/json", "Accept": "application/json"}),
        (b"x", {"a": 1}, b"x", {}),
    ],
)
def test_a_body_comes_with_the_headers_that_name_it(
    data: object, json: object, body: bytes, headers: dict[str, str]
) -> None:
    encoded, items = encode_body(data, json)
    assert (encoded, dict(items)) == (body, headers)


def test_a_body_of_another_type_is_refused() -> None:
    with pytest.raises(LoadstoneError, match="data= of type int"):
        encode_body(7, None)


@pytest.mark.parametrize(
    ("params", "query"),
    [({"a": "b c", "d": None}, "a=b+c"), ([("a", 1), ("a", 2)], "a=1&a=2"), ("a=b", "a=b"), (b"a", "a")],
)
def test_parameters_become_a_query(params: object, query: str) -> None:
    assert encode_pairs(params) == query  # type: ignore[arg-type]
