import gc
import socket
import time
from pathlib import Path
from typing import Any

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadstone.load.http.response import Response
from tests.loadstone.load.http.served import OK, Piece, client_for, listening, read_request, serving

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def ask(answer: list[Piece] | bytes, keep_open: bool = True, timeout: float = 2.0) -> Response:
    """Return what one request to a server with this answer brings; it must be reported exactly once."""
    with serving(answer, keep_open=keep_open) as served:
        client, reported = client_for(served.url)
        response = client.get("/", timeout=timeout)
        assert reported == [response]
        assert len(served.requests) == 1
        client.close()
        return response


def test_a_connection_serves_one_request_after_the_other() -> None:
    with serving(OK) as served:
        client, reported = client_for(served.url)
        for _ in range(5):
            assert client.get("/").content == b"ok"
        assert served.connections == 1
        assert len(reported) == 5


@pytest.mark.parametrize("answer", [OK, CHUNKED])
def test_an_answer_may_come_byte_by_byte(answer: bytes) -> None:
    pieces: list[Piece] = []
    for byte in answer:
        pieces += [bytes([byte]), 0.0]
    response = ask(pieces)
    assert (response.status_code, response.content, response.error) == (200, b"ok", None)


def test_an_answer_without_length_ends_with_the_connection() -> None:
    response = ask(b"HTTP/1.1 200 OK\r\n\r\nall of it", keep_open=False)
    assert (response.content, response.failure_text) == (b"all of it", "")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "connection closed by the server before the answer"),
        (OK[:10], "connection closed by the server within the answer"),
        (OK[:-1], "connection closed by the server within the answer"),
        (CHUNKED[:-3], "connection closed by the server within the answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the answer is not HTTP: Expected HTTP/, RTSP/ or ICE/"),
    ],
)
def test_a_broken_answer_is_one_failure(answer: bytes, failure: str) -> None:
    response = ask(answer, keep_open=False)
    assert response.failure_text == failure
    assert (response.status_code, response.content, dict(response.headers)) == (0, b"", {})


@pytest.mark.parametrize("answer", [[30.0], [OK[:20], 30.0], [OK[:-1], 30.0]])
def test_a_request_ends_at_its_deadline(answer: list[Piece]) -> None:
    response = ask(answer, timeout=0.1)
    assert response.failure_text == "no whole answer in time"
    assert 0.1 <= response.end_s - response.start_s < 0.5


def test_a_server_that_drips_bytes_does_not_move_the_deadline() -> None:
    dripped: list[Piece] = [b"X: y\r\n", 0.01]
    response = ask([b"HTTP/1.1 200 OK\r\n", *dripped * 500], timeout=0.2)
    assert response.failure_text == "no whole answer in time"
    assert response.end_s - response.start_s < 0.6


def test_each_request_has_a_deadline_of_its_own() -> None:
    """A long timeout before a short one, and an old alarm that goes off in a later request."""
    with serving(OK, OK, [0.2, OK], [0.3, OK]) as served:
        client, _ = client_for(served.url)
        assert client.get("/", timeout=10).ok
        assert client.get("/", timeout=0.15).ok
        assert client.get("/", timeout=10).ok
        assert client.get("/", timeout=0.1).failure_text == "no whole answer in time"
        assert served.connections == 1


def test_after_a_failure_the_next_request_has_a_connection_of_its_own() -> None:
    """What the first one would still have got is never taken for the second one's answer."""
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"
    with serving([0.2, late], OK) as served:
        client, reported = client_for(served.url)
        assert client.get("/", timeout=0.1).error is not None
        gevent.sleep(0.2)
        assert client.get("/").content == b"ok"
        assert (served.connections, len(reported)) == (2, 2)


@pytest.mark.parametrize("surplus", [b"x", b"HTTP/1.1 200 OK\r\n", OK, b"\r\n\r\nHTTP/1.1"])
@pytest.mark.parametrize("pause_s", [None, 0.02])
def test_bytes_after_an_answer_close_the_connection(surplus: bytes, pause_s: float | None) -> None:
    answer: list[Piece] = [OK + surplus] if pause_s is None else [OK, pause_s, surplus]
    with serving(answer, OK) as served:
        client, reported = client_for(served.url)
        assert client.get("/").content == b"ok"
        gevent.sleep(0.05)
        assert client.get("/").content == b"ok"
        assert (served.connections, len(reported)) == (2, 2)
        assert [response.error for response in reported] == [None, None]


def test_an_idle_connection_that_the_server_closed_is_replaced_before_anything_is_sent() -> None:
    with serving(OK, keep_open=False) as served:
        client, _ = client_for(served.url)
        for _ in range(3):
            assert client.get("/").ok
            gevent.sleep(0.02)
        assert len(served.requests) == 3
        assert served.connections == 3


def test_a_request_that_meets_a_closing_connection_fails_and_is_not_sent_again() -> None:
    """The server reads a second request and closes without a word: nobody may know if it did the work."""
    requests = []

    def handle(sock: Any, _: Any) -> None:
        requests.append(read_request(sock))
        sock.sendall(OK)
        requests.append(read_request(sock))

    with listening(handle) as port:
        client, reported = client_for(f"http://127.0.0.1:{port}")
        assert client.get("/").ok
        assert client.get("/").failure_text == "connection closed by the server before the answer"
    assert (len(requests), len(reported)) == (2, 2)


def test_a_reset_is_one_failure() -> None:
    def handle(sock: Any, _: Any) -> None:
        read_request(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with listening(handle) as port:
        client, reported = client_for(f"http://127.0.0.1:{port}")
        assert client.get("/").failure_text == "connection reset by the server"
        assert len(reported) == 1


def test_a_body_larger_than_the_socket_takes_is_sent_whole_even_if_the_answer_comes_first() -> None:
    received = []

    def handle(sock: Any, _: Any) -> None:
        sock.sendall(OK[:20])
        gevent.sleep(0.05)
        received.append(read_request(sock))
        sock.sendall(OK[20:])

    with listening(handle) as port:
        client, _ = client_for(f"http://127.0.0.1:{port}")
        cpu_s = time.process_time()
        response = client.post("/", data=bytes(8_000_000), timeout=10)
        assert response.content == b"ok"
        assert len(received[0]) > 8_000_000
        assert time.process_time() - cpu_s < 2


def test_a_server_that_stops_reading_is_timed_out() -> None:
    with listening(lambda sock, _: gevent.sleep(5)) as port:
        client, _ = client_for(f"http://127.0.0.1:{port}")
        response = client.post("/", data=bytes(20_000_000), timeout=0.2)
        assert response.failure_text == "no whole answer in time"


def test_a_greenlet_that_is_killed_closes_its_connection_and_reports_nothing() -> None:
    with serving([30.0, OK], OK) as served:
        client, reported = client_for(served.url)
        asking = gevent.spawn(client.get, "/")
        gevent.sleep(0.05)
        asking.kill()
        assert reported == []
        assert client.get("/").content == b"ok"
        assert served.connections == 2


def test_a_timeout_of_the_task_is_reported_and_goes_on_its_way() -> None:
    with serving([30.0]) as served:
        client, reported = client_for(served.url)
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
            client.get("/")
        assert [response.failure_text for response in reported] == ["Timeout: 0.05 seconds"]


def test_connections_are_closed_with_their_user() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with serving(OK) as served:
        before = descriptors()
        for _ in range(10):
            client, reported = client_for(served.url)
            assert client.get("/").ok
            del client, reported
            gc.collect()
            gevent.sleep(0.01)
        assert descriptors() <= before + 2


NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"Content-Length: 3\r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Content-Encoding: gzip\r\n",
            b"Connection: close\r\n",
            b"Set-Cookie: a=b; Expires=never; Max-Age=x\r\n",
            b"Location: http://[::\r\n",
            b"HTTP/1.1 302 Found\r\n",
            b"\r\n",
            b"3\r\nabc\r\n",
            b"0\r\n\r\n",
            b"ffffffffffffffffff\r\n",
            b"X: " + b"y" * 70_000 + b"\r\n",
            bytes(2_000_000),
            OK,
        ]
    ),
    st.sampled_from([0.0, 0.001, 0.15]),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NOISE, max_size=8), st.booleans(), st.sampled_from(["GET", "HEAD", "POST"]))
def test_whatever_a_server_sends_a_request_ends_once_in_time_and_the_next_is_in_step(
    pieces: list[Piece], keep_open: bool, method: str
) -> None:
    marked = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmarked"
    with serving(pieces, marked, keep_open=keep_open) as served:
        client, reported = client_for(served.url)
        response = client.request(method, "/", timeout=0.05, allow_redirects=False)
        assert reported == [response]
        assert response.end_s - response.start_s < 0.5
        assert (response.status_code == 0) <= (response.error is not None)
        if response.ok:  # what may still come belongs to nobody, unless a request is already sent
            gevent.sleep(0.01 + sum(piece for piece in pieces if isinstance(piece, float)))
        following = client.get("/marked")
        assert following.content in (b"marked", b"")
        assert following.error is not None or following.content == b"marked"
        client.close()
