"""`python -m loadstone.null_server`: answers every HTTP/1.1 request at once, and does nothing else.

What a load generator reaches against it is the generator's own limit. One process, one core, epoll. It
listens on loopback and writes its port as the first line on standard output. `GET /served` tells how many
other requests it has answered: an observer beside what the generator says of itself.
"""

import argparse
import os
import select
import socket
from contextlib import suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
BODY = b"ok"
ANSWER = HEAD % len(BODY) + BODY
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
COUNT_PATH = b"/served"
READ_BYTES = 16_384
REQUEST_LIMIT_BYTES = 4_194_304
KNOWN_LIMIT = 256  # different requests remembered
KNOWN_LIMIT_BYTES = 4_096  # each


class BadRequestError(Exception):
    """The bytes are no request that this server understands."""


class NullServer:
    """Serves the connections of one listening socket until the process ends."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._poll = select.epoll()
        self._poll.register(listener, select.EPOLLIN)
        self._partial: dict[int, bytes] = {}  # what connections have sent of requests that are not whole yet
        self._known: set[bytes] = set()
        self._served = 0

    def run(self) -> None:
        """Answer for ever.

        A client sends the same bytes again and again: what was parsed once, and was one whole request, is
        answered unread from then on.
        """
        # Looked up once, because the loop below costs less than the system calls in it.
        poll, read, write = self._poll.poll, os.read, os.write
        known, partial, listening = self._known, self._partial, self._listener.fileno()
        while True:
            for descriptor, _ in poll():
                if descriptor == listening:
                    self._accept()
                    continue
                try:
                    data = read(descriptor, READ_BYTES)
                    if data in known and descriptor not in partial:
                        self._served += 1
                        write(descriptor, ANSWER)
                    else:
                        self._take(descriptor, data)
                except OSError:  # the client is gone, or does not read its answers
                    self._close(descriptor)

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            while True:
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._poll.register(connection.detach(), select.EPOLLIN)

    def _take(self, descriptor: int, data: bytes) -> None:
        """Answer each request that is whole by now, and keep the rest; no bytes are the connection's end."""
        if not data:
            self._close(descriptor)
            return
        try:
            heads, rest = split_requests(self._partial.pop(descriptor, b"") + data)
        except BadRequestError:
            os.write(descriptor, REFUSAL)
            self._close(descriptor)
            return
        if heads:
            os.write(descriptor, b"".join(map(self._answer, heads)))
        if rest:
            self._partial[descriptor] = rest
        elif len(heads) == 1 and data.startswith(heads[0]):
            self._remember(data)

    def _answer(self, head: bytes) -> bytes:
        method, target, *_ = head.split(b" ", 2)
        if target == COUNT_PATH:
            count = b"%d" % self._served
            return HEAD % len(count) + count
        self._served += 1
        return ANSWER.removesuffix(BODY) if method == b"HEAD" else ANSWER

    def _remember(self, request: bytes) -> None:
        plain = not request.startswith(b"HEAD ") and COUNT_PATH not in request
        if plain and len(self._known) < KNOWN_LIMIT and len(request) <= KNOWN_LIMIT_BYTES:
            self._known.add(request)

    def _close(self, descriptor: int) -> None:
        self._partial.pop(descriptor, None)
        os.close(descriptor)  # epoll forgets it, too


def split_requests(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the heads of the whole requests in the data, and the bytes after the last of them.

    Bodies are as long as Content-Length says. Raises BadRequestError for a chunked one, for a request beyond
    4 MiB, and for what is no HTTP at all.
    """
    heads = []
    while (end := data.find(b"\r\n\r\n")) >= 0:
        length_bytes = end + 4 + _body_bytes(data[:end])
        if len(data) < length_bytes:
            break
        heads.append(data[:end])
        data = data[length_bytes:]
    if len(data) > REQUEST_LIMIT_BYTES:
        raise BadRequestError
    return heads, data


def _body_bytes(head: bytes) -> int:
    """Return how many bytes of body follow a head."""
    request_line, *lines = head.lower().split(b"\r\n")
    if request_line.count(b" ") != 2:
        raise BadRequestError
    headers = dict(line.split(b":", 1) for line in lines if b":" in line)
    length = headers.get(b"content-length", b"0").strip()
    if not length.isdigit() or b"transfer-encoding" in headers:
        raise BadRequestError
    return int(length)


def main() -> None:
    """Listen, say where, and answer until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m loadstone.null_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    listener = socket.create_server(("127.0.0.1", parser.parse_args().port), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    NullServer(listener).run()


if __name__ == "__main__":
    main()
