"""Servers and users to try the client with, all in one process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.server import StreamServer

from loadstone.load.http.client import Client
from loadstone.load.http.connect import make_context
from loadstone.load.http.response import Response

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Asker:
    """A user without Locust: keeps what is reported."""

    def __init__(self) -> None:
        self.reported: list[Response] = []

    def report(self, response: Response) -> None:
        self.reported.append(response)

    def context(self) -> dict[str, Any]:
        return {}


def client_for(url: str, **options: Any) -> tuple[Client, list[Response]]:
    """Return a client and what it will have reported."""
    asker = Asker()
    settings: dict[str, Any] = {
        "body_limit": 1_000_000,
        "make_context": lambda: make_context(False),
        **options,
    }
    return Client(asker, url, **settings), asker.reported


class Served:
    """What a raw server saw: the number of connections, and each request's bytes."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Piece = bytes | float  # to send, or how long to wait


@contextmanager
def serving(
    *answers: Sequence[Piece] | bytes, keep_open: bool = True, address: str = "127.0.0.1"
) -> Iterator[Served]:
    """Answer the first request with the first answer, and so on; the last one repeats.

    Without `keep_open` the connection is closed after each answer.
    """
    served = Served()

    def handle(sock: Any, _: Any) -> None:
        served.connections += 1
        while request := read_request(sock):
            served.requests.append(request)
            answer = answers[min(len(served.requests), len(answers)) - 1]
            for piece in [answer] if isinstance(answer, bytes) else answer:
                send(sock, piece)
            if not keep_open:
                return

    with listening(handle, address) as served.port:
        yield served


@contextmanager
def listening(
    handle: Callable[[Any, Any], None], address: str = "127.0.0.1", **options: Any
) -> Iterator[int]:
    """Run a server for raw sockets; yield its port."""

    def quietly(sock: Any, address: Any) -> None:
        try:
            handle(sock, address)
        except OSError:
            pass  # the client went away
        finally:
            sock.close()

    server = StreamServer((address, 0), quietly, **options)
    server.start()
    try:
        yield server.server_port
    finally:
        server.stop(timeout=0)


def read_request(sock: Any) -> bytes:
    """Return one request with its body; empty when the client has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := sock.recv(65536)):
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    ]
    while lengths and len(body) < int(lengths[0]):
        if not (chunk := sock.recv(65536)):
            return b""
        body += chunk
    return head + b"\r\n\r\n" + body


def send(sock: Any, piece: Piece) -> None:
    if isinstance(piece, bytes):
        sock.sendall(piece)
    else:
        gevent.sleep(piece)
