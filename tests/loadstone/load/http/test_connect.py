import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.loadstone.load.http.echo import echoing
from tests.loadstone.load.http.served import client_for, serving


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_refused_connection_is_a_failure_without_the_address() -> None:
    client, reported = client_for(f"http://127.0.0.1:{free_port()}")
    assert client.get("/").failure_text == "no connection: connection refused"
    assert len(reported) == 1


def test_a_name_nobody_knows_is_a_failure_without_the_name() -> None:
    client, _ = client_for("http://nobody.invalid")
    failure = client.get("/", timeout=5).failure_text
    assert failure.startswith("no connection")
    assert "invalid" not in failure


@pytest.mark.parametrize("name", ["a" * 70, "a..b", "a" * 300, "%00"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_cannot_be_one_is_a_failure_also_when_a_redirect_says_it(scheme: str, name: str) -> None:
    moved = f"HTTP/1.1 302 Found\r\nLocation: {scheme}://{name}/\r\nContent-Length: 0\r\n\r\n"
    with serving(moved.encode()) as served:
        client, reported = client_for(served.url)
        assert client.get("/", timeout=5).failure_text.startswith("no connection: ")
        assert len(reported) == 1


def test_a_server_that_does_not_accept_is_timed_out() -> None:
    """A full backlog: the kernel drops what else wants to connect."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        client, _ = client_for(f"http://127.0.0.1:{address[1]}")
        start_s = time.monotonic()
        assert client.get("/", timeout=0.1).failure_text == "no connection in time"
        assert time.monotonic() - start_s < 0.5
        for filler in fillers:
            filler.close()


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_ipv6_is_spoken() -> None:
    with echoing("::1") as url:
        client, _ = client_for(url)
        assert client.get("/").json()["headers"]["host"] == url.removeprefix("http://")
