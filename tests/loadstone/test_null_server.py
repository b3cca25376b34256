import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.null_server import ANSWER, BadRequestError, split_requests

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /things HTTP/1.1\r\nhost: here\r\ncontent-LENGTH: 5\r\n\r\n12345"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    command = [sys.executable, "-m", "loadstone.null_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        yield connection


def receive(connection: socket.socket, length_bytes: int) -> bytes:
    data = b""
    while len(data) < length_bytes and (piece := connection.recv(length_bytes - len(data))):
        data += piece
    return data


def served(port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /served HTTP/1.1\r\n\r\n")
        return int(connection.recv(1000).rpartition(b"\r\n")[2])


@pytest.mark.parametrize("request_bytes", [GET, POST])
def test_one_connection_is_answered_again_and_again(connection: socket.socket, request_bytes: bytes) -> None:
    for _ in range(3):
        connection.sendall(request_bytes)
        assert receive(connection, len(ANSWER)) == ANSWER


def test_a_request_in_pieces_is_answered_when_it_is_whole(connection: socket.socket) -> None:
    for piece in (POST[:7], POST[7:-3], POST[-3:-1]):
        connection.sendall(piece)
        time.sleep(0.01)
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(5)
    connection.sendall(POST[-1:])
    assert receive(connection, len(ANSWER)) == ANSWER


def test_a_known_request_inside_the_body_of_another_is_not_answered(connection: socket.socket) -> None:
    connection.sendall(GET)
    receive(connection, len(ANSWER))
    connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(GET))
    time.sleep(0.02)
    connection.sendall(GET)
    connection.sendall(GET)
    connection.shutdown(socket.SHUT_WR)
    assert receive(connection, 10_000) == ANSWER * 2


def test_a_head_request_gets_no_body(connection: socket.socket) -> None:
    for _ in range(2):
        connection.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        assert receive(connection, len(ANSWER) - 2) == ANSWER[:-2]


def test_what_is_no_request_is_refused_and_the_connection_closed(connection: socket.socket) -> None:
    connection.sendall(b"hello\r\n\r\n")
    assert receive(connection, 10_000).startswith(b"HTTP/1.1 400 ")


def test_it_counts_what_it_served_and_its_own_reader_is_not_counted(
    port: int, connection: socket.socket
) -> None:
    before = served(port)
    connection.sendall(GET * 3)
    receive(connection, 3 * len(ANSWER))
    assert served(port) == before + 3


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + bytes(5_000_000),
    ],
)
def test_what_it_cannot_frame_is_a_bad_request(request_bytes: bytes) -> None:
    with pytest.raises(BadRequestError):
        split_requests(request_bytes)


@given(st.lists(st.sampled_from([GET, POST]), max_size=5), st.integers(min_value=0))
def test_requests_are_the_same_wherever_the_stream_is_cut(requests: list[bytes], cut: int) -> None:
    stream = b"".join(requests)
    cut = cut % (len(stream) + 1)
    first, rest = split_requests(stream[:cut])
    second, rest = split_requests(rest + stream[cut:])
    assert [*first, *second] == [request.partition(b"\r\n\r\n")[0] for request in requests]
    assert rest == b""
