import gevent

from loadstone.load.http.connections import IDLE_LIMIT, SERVER_LIMIT
from tests.loadstone.load.http.served import OK, client_for, serving


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
