"""The open connections of one user."""

from collections.abc import Callable
from functools import cache
from itertools import chain
from ssl import SSLContext

from loadstone.load.http.connect import connect
from loadstone.load.http.connection import Connection
from loadstone.load.http.parser import Answer
from loadstone.load.http.url import Origin

IDLE_LIMIT = 10  # connections kept open to one server
SERVER_LIMIT = 20  # servers whose connections are kept open


class Connections:
    """Keeps connections open between requests; a user's greenlets may use it side by side."""

    def __init__(self, body_limit: int, make_context: Callable[[], SSLContext]) -> None:
        self._idle: dict[Origin, list[Connection]] = {}
        self._body_limit = body_limit
        self._make_context = cache(make_context)  # one for all of a user's connections

    def exchange(self, origin: Origin, request: bytes, method: str, deadline_s: float) -> Answer:
        """Send a request to `origin` and return the answer; raises RequestError. Nothing is sent twice."""
        idle = self._idle.get(origin)
        if idle is None:
            idle = self._remember(origin)
        servers = self._idle
        while idle:
            connection = idle.pop()
            if connection.usable:
                break
        else:
            connection = connect(origin, deadline_s, self._make_context, self._body_limit)
        answer = connection.exchange(request, method, deadline_s)
        if connection.usable:
            # Another greenlet may have had the servers forgotten meanwhile.
            if len(idle) < IDLE_LIMIT and servers is self._idle:
                idle.append(connection)
            else:
                connection.close()
        return answer

    def _remember(self, origin: Origin) -> list[Connection]:
        if len(self._idle) >= SERVER_LIMIT:
            self.close()
            self._idle = {}
        self._idle[origin] = []
        return self._idle[origin]

    def close(self) -> None:
        """Close the connections that are not in use."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def __del__(self) -> None:
        # The event loop holds on to connections while it watches them. Garbage is collected in any thread.
        for connection in chain.from_iterable(self._idle.values()):
            connection.abandon()
