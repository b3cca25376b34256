"""Loopback ports that stay free until their server takes them."""

import socket

LOOPBACK = "127.0.0.1"


def reserve_port() -> socket.socket:
    """Return a socket bound to a free loopback port; nobody else gets the port while the socket is open.

    To ask for a free port and give it back at once is a race that two runs side by side sometimes lose. This
    socket is bound with SO_REUSEADDR and never listens. Linux then gives its port neither to a bind to port 0
    nor to an outgoing connection, but lets a server listen on it that names it and sets SO_REUSEADDR itself,
    as PostgreSQL, Valkey and asyncio do (net/ipv4/inet_connection_sock.c, inet_bind_conflict). A server can
    also be restarted on it.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((LOOPBACK, 0))
    return reserved
