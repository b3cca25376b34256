"""Making connections, plain or with TLS."""

import _socket
import socket
import ssl
import time
from collections.abc import Callable

import gevent
from gevent import socket as gevent_socket

from loadstone.load.http.connection import Connection
from loadstone.load.http.errors import DeadlineError, NoConnectionError, connection_error
from loadstone.load.http.tls import TlsConnection
from loadstone.load.http.url import Origin


def connect(
    origin: Origin, deadline_s: float, make_context: Callable[[], ssl.SSLContext], body_limit: int
) -> Connection:
    """Return a new connection to `origin`; raises RequestError.

    Names are looked up, addresses tried in turn and TLS agreed on before `deadline_s`, an instant of
    CLOCK_MONOTONIC.
    """
    context = make_context() if origin.scheme == "https" else None
    late = DeadlineError("no connection in time")
    with gevent.Timeout(max(deadline_s - time.monotonic(), 0), late):
        try:
            sock = _connected(origin)
            if context is None:
                return Connection(sock, body_limit)
            return TlsConnection(sock, body_limit, context, origin.host)
        except OSError as error:
            raise connection_error(error) from error
        except ValueError as error:  # a name that no resolver or certificate takes, perhaps out of a redirect
            raise NoConnectionError("no connection: the server's name cannot be used") from error


def _connected(origin: Origin) -> _socket.socket:
    """Return a connected socket that is no gevent object: Connection does its own waiting."""
    connected = gevent_socket.create_connection((origin.host, origin.port))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    family = connected.family
    sock = _socket.socket(family, socket.SOCK_STREAM, fileno=connected.detach())
    sock.setblocking(False)
    return sock


def make_context(insecure: bool) -> ssl.SSLContext:
    """Return the TLS settings: the system's trust and name checks, or none at all when `insecure`."""
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
