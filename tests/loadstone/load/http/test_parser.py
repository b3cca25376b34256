import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.load.http.errors import BadAnswerError, ConnectionEndedError
from loadstone.load.http.parser import HEAD_LIMIT, Answer, ResponseParser

HEADERS = [
    b"Server: x\r\n",
    b"Set-Cookie: a=b\r\n",
    b"X-Empty:\r\n",
    b"Date: Tue, 24 Nov 2026 13:12:01 GMT\r\n",
]
INTERIM = [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    b"HTTP/1.1 199 Unheard Of\r\n\r\n",
    b"\r\n",
]


def read(pieces: list[bytes], method: str = "GET") -> tuple[Answer, bool]:
    """Return the answer that the pieces and then the end of the stream make, and if it allows another."""
    parser = ResponseParser()
    parser.begin(method)
    for piece in pieces:
        parser.feed(piece)
    reusable = parser.complete and parser.reusable
    if not parser.complete:
        parser.end()
    return parser.answer(), reusable


@st.composite
def valid_responses(draw: st.DrawFn) -> tuple[bytes, Answer]:
    """A response, and what it says."""
    status = draw(st.sampled_from([200, 201, 204, 302, 304, 404, 500]))
    bodyless = status in (204, 304)
    body = b"" if bodyless else draw(st.binary(max_size=300))
    framing = "length" if bodyless else draw(st.sampled_from(["length", "chunked", "end"]))
    lines = draw(st.lists(st.sampled_from(HEADERS)))
    head = b"HTTP/1.1 %d Some Reason\r\n" % status + b"".join(lines)
    if framing == "length":
        head += b"" if bodyless else b"Content-Length: %d\r\n" % len(body)
        sent = body
    elif framing == "chunked":
        head += b"Transfer-Encoding: chunked\r\n"
        sent = chunked(body, draw(st.integers(1, 100)))
    else:
        sent = body
    interim = b"".join(draw(st.lists(st.sampled_from(INTERIM), max_size=3)))
    return interim + head + b"\r\n" + sent, (status, head[:-2].decode(), body)


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return (
        b"".join(b"%x;e=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: 1\r\n\r\n"
    )


@given(valid_responses(), st.data())
def test_a_response_reads_the_same_however_it_is_split(
    case: tuple[bytes, Answer], data: st.DataObject
) -> None:
    response, expected = case
    cuts = sorted(data.draw(st.sets(st.integers(1, len(response)), max_size=8)))
    pieces = [response[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    assert read([piece for piece in pieces if piece])[0] == expected
    assert read([bytes([byte]) for byte in response])[0] == expected


@given(valid_responses(), st.data())
def test_a_truncated_response_is_an_error_or_ends_with_the_stream(
    case: tuple[bytes, Answer], data: st.DataObject
) -> None:
    response, expected = case
    cut = data.draw(st.integers(0, len(response) - 1))
    try:
        (_, head, body), reusable = read([response[:cut]] if cut else [])
    except ConnectionEndedError:
        return
    assert not reusable
    assert expected[2].startswith(body)
    assert "Content-Length" not in head
    assert "chunked" not in head


@given(st.binary(max_size=300), st.lists(st.sampled_from([b"\r\n", b"HTTP/1.1 200", b": ", b"0\r\n\r\n"])))
def test_what_is_not_http_is_one_of_two_errors(noise: bytes, tokens: list[bytes]) -> None:
    parser = ResponseParser()
    parser.begin("GET")
    try:
        parser.feed(noise + b"".join(tokens))
        parser.end()
    except (BadAnswerError, ConnectionEndedError):
        return
    assert parser.complete


@pytest.mark.parametrize(
    ("response", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 2, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok garbage", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok garbage", False),
    ],
)
def test_a_connection_is_reused_only_when_server_and_stream_allow_it(response: bytes, reusable: bool) -> None:
    (_, _, body), allowed = read([response])
    assert body == b"ok"
    assert allowed is reusable


@pytest.mark.parametrize(
    ("response", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True),
    ],
)
def test_an_answer_to_head_has_no_body(response: bytes, reusable: bool) -> None:
    (status, _, body), allowed = read([response], "HEAD")
    assert (status, body, allowed) == (200, b"", reusable)


def test_answers_follow_each_other_also_after_one_to_head() -> None:
    parser = ResponseParser()
    for method, body in [("GET", b"one"), ("HEAD", b""), ("GET", b"two"), ("GET", b"3")]:
        parser.begin(method)
        length = 9 if method == "HEAD" else len(body)
        parser.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (length, body))
        assert parser.complete
        assert parser.reusable
        assert parser.answer()[2] == body


def test_endless_headers_are_refused() -> None:
    with pytest.raises(BadAnswerError, match="headers are over"):
        read([b"HTTP/1.1 200 OK\r\n"] + [b"X: y\r\n"] * HEAD_LIMIT)


def test_headers_over_the_limit_are_refused_when_they_come_at_once() -> None:
    with pytest.raises(BadAnswerError, match="headers are over"):
        read([b"HTTP/1.1 204 No\r\n" + b"X: y\r\n" * (HEAD_LIMIT // 6) + b"\r\n"])


def test_endless_interim_answers_are_refused() -> None:
    with pytest.raises(BadAnswerError, match="headers are over"):
        read([INTERIM[0]] * HEAD_LIMIT)


def test_a_body_over_the_limit_is_refused_and_not_kept() -> None:
    parser = ResponseParser(body_limit=1000)
    parser.begin("GET")
    parser.feed(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1000))
    with pytest.raises(BadAnswerError, match="body is over 1000 bytes"):
        parser.feed(b"1")


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: folded\r\n value\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: y\n\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
def test_an_answer_that_breaks_the_protocol_is_refused(response: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read([response])


def test_packed_bytes_are_left_as_they_came() -> None:
    body = gzip.compress(b"text")
    (_, _, read_body), _ = read([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)])
    assert read_body == body


def test_the_offer_of_another_protocol_is_no_switch() -> None:
    offer = b"Upgrade: h2,h2c\r\nConnection: Upgrade, Keep-Alive\r\n"
    (status, _, body), reusable = read([b"HTTP/1.1 200 OK\r\n" + offer + b"Content-Length: 2\r\n\r\nok"])
    assert (status, body, reusable) == (200, b"ok", True)


def test_a_switch_after_an_answer_leaves_the_answer_whole() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    (status, _, body), reusable = read([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + switch])
    assert (status, body, reusable) == (200, b"ok", False)
