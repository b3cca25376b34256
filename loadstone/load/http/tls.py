"""A connection with TLS, by the standard library."""

import _socket
import ssl

from loadstone.load.http.connection import Connection
from loadstone.load.http.parser import Answer


class TlsConnection(Connection):
    """TLS in memory over a plain connection's waiting: the same loop, timer and parser serve both."""

    def __init__(self, sock: _socket.socket, body_limit: int, context: ssl.SSLContext, host: str) -> None:
        """Agree on keys with the server; raises OSError. The caller bounds how long that may take."""
        super().__init__(sock, body_limit)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
            self._shake_hands()
        except BaseException:
            self.close()
            raise

    def exchange(self, request: bytes, method: str, deadline_s: float) -> Answer:
        """Send a request and return its answer; what else has come with it closes the connection."""
        answer = super().exchange(request, method, deadline_s)
        if self.usable and (self._incoming.pending or self._tls.pending()):
            self._read_on()
        return answer

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._take()
            except ssl.SSLError:
                self._flush()  # the alert that tells the server why
                raise
            else:
                self._flush()
                return

    def _send(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def _receive(self) -> bytes:
        while True:
            try:
                return self._tls.read(64 * 1024)
            except ssl.SSLWantReadError:
                self._flush()  # an answer to a key update
                self._take()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # with or without a goodbye
                return b""

    def _flush(self) -> None:
        if data := self._outgoing.read():
            super()._send(data)

    def _take(self) -> None:
        if data := super()._receive():
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _on_idle_readable(self) -> None:
        try:
            data = self._socket.recv(64 * 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._incoming.write(data)
        if not data:
            self.close()
        else:
            self._read_on()

    def _read_on(self) -> None:
        """Close unless what came unasked is only TLS's own business, such as a session ticket."""
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return
        except OSError:
            pass
        self.close()
