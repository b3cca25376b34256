"""One connection to a server: a request out, its answer in, by one greenlet at a time."""

import _socket
import math
import time
from typing import Any

from gevent import get_hub, getcurrent

from loadstone.load.http.errors import DeadlineError, connection_error
from loadstone.load.http.parser import Answer, ResponseParser

_READ, _WRITE = 1, 2  # libev's event masks
_RECEIVE_BYTES = 64 * 1024


class Connection:
    """A keep-alive connection over a connected socket, which it owns.

    gevent's own socket makes a waiter and starts and stops a watcher for each wait, and `gevent.Timeout` a
    timer for each request. Here one watcher is active for the connection's life, and the timer is set anew
    only when it expires or a request must end before it would.

    As the watcher is never stopped, the loop also tells when the server closes an idle connection: it is
    closed here at once, and `usable` is False, without a system call per request.
    """

    def __init__(self, sock: _socket.socket, body_limit: int) -> None:
        """`sock` is connected, does not block, and is nobody else's (not even a gevent socket's)."""
        self._socket = sock
        self._parser = ResponseParser(body_limit)
        self._hub: Any = get_hub()
        self._waiting: Any = None  # the greenlet that waits for the socket
        self._busy = False
        self.usable = True
        self._deadline_s = self._alarm_s = math.inf
        self._timer: Any = self._hub.loop.timer(0)
        self._readable: Any = self._hub.loop.io(sock.fileno(), _READ)
        self._watching = False
        self._watch()

    def exchange(self, request: bytes, method: str, deadline_s: float) -> Answer:
        """Send a request and return its answer; raises RequestError, and the connection is then closed.

        `deadline_s` is an instant of CLOCK_MONOTONIC. A greenlet that is killed meanwhile closes it too.
        """
        self._busy = True
        if deadline_s < self._alarm_s:
            self._set_alarm(deadline_s)
        self._deadline_s = deadline_s
        parser = self._parser
        try:
            parser.begin(method)
            self._send(request)
            while not parser.complete:
                if data := self._receive():
                    parser.feed(data)
                else:
                    parser.end()
            answer = parser.answer()
        except OSError as error:
            self.close()
            raise connection_error(error) from error
        except BaseException:
            self.close()
            raise
        self._busy = False
        if not parser.reusable:
            self.close()
        return answer

    def close(self) -> None:
        """Close the socket; harmless when it is closed."""
        if self.usable:
            self.usable = False
            self._readable.stop()
            self._readable.close()
            self._timer.stop()
            self._timer.close()
            self._socket.close()

    def abandon(self) -> None:
        """Close when the event loop comes around: any thread may say so, only the loop's own may close."""
        self._hub.loop.run_callback_threadsafe(self.close)

    def _send(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:])

    def _send_rest(self, data: memoryview) -> None:
        self._readable.stop()  # an answer that comes early would keep the loop busy
        self._watching = False
        writable = self._hub.loop.io(self._socket.fileno(), _WRITE)
        writable.start(self._wake)
        try:
            while data:
                self._wait()
                try:
                    data = data[self._socket.send(data) :]
                except BlockingIOError:
                    continue
        finally:
            writable.stop()
            writable.close()

    def _receive(self) -> bytes:
        """Wait for bytes and return them; empty at the end of the stream."""
        while True:
            if not self._watching:
                self._watch()
            self._wait()
            try:
                return self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:  # woken for nothing
                continue

    def _wait(self) -> None:
        self._waiting = getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiting = None

    # Called by the event loop, in the hub.

    def _watch(self) -> None:
        self._watching = True
        self._readable.start(self._on_readable)

    def _on_readable(self) -> None:
        if self._waiting is not None:
            self._waiting.switch()
        else:
            self._on_idle_readable()

    def _on_idle_readable(self) -> None:
        """The server has closed the connection, or sent what nobody asked for."""
        self.close()

    def _wake(self) -> None:
        if self._waiting is not None:
            self._waiting.switch()

    def _set_alarm(self, at_s: float) -> None:
        self._alarm_s = at_s
        self._timer.stop()
        self._timer = self._hub.loop.timer(max(at_s - time.monotonic(), 0))
        self._timer.start(self._on_alarm)

    def _on_alarm(self) -> None:
        """End the request whose time is up; the alarm may also be an older request's."""
        self._alarm_s = math.inf
        if not self._busy:
            return
        if time.monotonic() < self._deadline_s:
            self._set_alarm(self._deadline_s)
        elif self._waiting is not None:
            self._waiting.throw(DeadlineError("no whole answer in time"))
