import ssl
from typing import Any

import gevent

from loadstone.load.http.connections import IDLE_LIMIT, SERVER_LIMIT
from tests.loadstone.load.http.served import OK, client_for, listening, read_request, serving


def test_idle_connections_to_a_server_are_bounded() -> None:
    with serving([0.05, OK]) as served:
        client, _ = client_for(served.url)
        crowd = IDLE_LIMIT + 3
        for expected in (crowd, crowd + 3):
            gevent.joinall([gevent.spawn(client.get, "/") for _ in range(crowd)], raise_error=True)
            assert served.connections == expected


def test_connections_to_few_servers_are_kept() -> None:
    with serving(OK, address="0.0.0.0") as served:
        client, _ = client_for(served.url)

        def connections(numbers: range) -> int:
            """Ask each of these addresses; return how many connections that took."""
            before = served.connections
            assert all(client.get(f"http://127.0.0.{number}:{served.port}/").ok for number in numbers)
            return served.connections - before

        few = range(1, 1 + SERVER_LIMIT)
        assert connections(few) == SERVER_LIMIT
        assert connections(few) == 0
        assert connections(range(100, 101)) == 1
        assert connections(few) == SERVER_LIMIT


def test_a_connection_whose_server_was_forgotten_meanwhile_is_closed() -> None:
    """Nobody would ever use it again, and the event loop would hold on to it."""
    closed = []

    def handle(sock: Any, _: Any) -> None:
        slow = b"/slow" in read_request(sock)
        gevent.sleep(0.2 if slow else 0.0)
        sock.sendall(OK)
        if slow:
            closed.append(sock.recv(1))

    with listening(handle, "0.0.0.0") as port:
        client, _ = client_for(f"http://127.0.0.1:{port}")
        slow = gevent.spawn(client.get, "/slow")
        gevent.sleep(0.05)
        for number in range(1, SERVER_LIMIT + 1):
            client.get(f"http://127.0.0.{number + 1}:{port}/")
        assert slow.get().ok
        gevent.sleep(0.05)
        assert closed == [b""]


def test_a_user_has_its_tls_settings_made_once() -> None:
    made = []

    def make_context() -> ssl.SSLContext:
        made.append(ssl.create_default_context())
        return made[-1]

    client, _ = client_for("https://127.0.0.1:1", make_context=make_context)
    for _ in range(3):
        assert client.get("/").error
    assert len(made) == 1
