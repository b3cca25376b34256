import _socket
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from loadstone.load.http.connect import make_context
from loadstone.load.http.tls import TlsConnection
from tests.loadstone.load.http.echo import echoing
from tests.loadstone.load.http.served import OK, client_for, listening, read_request


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody else trusts, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), "-addext", names, *files], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def server_context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(scope="module")
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0])


@pytest.fixture(scope="module")
def url(server_context: ssl.SSLContext) -> Iterator[str]:
    with echoing(ssl_context=server_context) as url:
        yield url


def test_a_trusted_server_is_asked_over_one_connection(url: str, trusting: ssl.SSLContext) -> None:
    client, reported = client_for(url, make_context=lambda: trusting)
    for size in (1, 500_000, 1):
        response = client.post("/a", data=b"x" * size)
        assert response.failure_text == ""
        assert len(response.json()["body"]) == size
    assert len(reported) == 3


def test_a_certificate_nobody_trusts_is_a_failure(url: str) -> None:
    client, reported = client_for(url)
    assert client.get("/").failure_text.startswith("the server's certificate is not trusted: self")
    assert len(reported) == 1


def test_a_certificate_of_another_name_is_a_failure(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with echoing("127.0.0.2", ssl_context=server_context) as url:
        client, _ = client_for(url, make_context=lambda: trusting)
        assert "IP address mismatch" in client.get("/").failure_text


def test_insecure_trusts_anybody(url: str) -> None:
    client, _ = client_for(url, make_context=lambda: make_context(True))
    assert client.get("/").ok


def test_a_server_without_tls_is_a_failure() -> None:
    with echoing() as url:
        client, _ = client_for(url.replace("http:", "https:"))
        assert client.get("/", timeout=2).failure_text.startswith("TLS failed:")


def test_a_handshake_that_stalls_ends_at_the_deadline() -> None:
    with listening(lambda sock, _: gevent.sleep(5)) as port:
        client, _ = client_for(f"https://127.0.0.1:{port}")
        response = client.get("/", timeout=0.1)
        assert response.failure_text == "no connection in time"
        assert response.end_s - response.start_s < 0.5


def test_a_connection_cut_within_an_answer_is_a_failure(server_context: ssl.SSLContext) -> None:
    def cut(sock: Any, _: Any) -> None:
        read_request(sock)
        sock.sendall(OK[:-1])

    with listening(cut, ssl_context=server_context) as port:
        client, _ = client_for(f"https://127.0.0.1:{port}", make_context=lambda: make_context(True))
        assert client.get("/").failure_text == "connection closed by the server within the answer"


def test_a_closed_idle_connection_is_replaced(server_context: ssl.SSLContext) -> None:
    connections = []

    def once(sock: Any, _: Any) -> None:
        connections.append(sock)
        read_request(sock)
        sock.sendall(OK)

    with listening(once, ssl_context=server_context) as port:
        client, _ = client_for(f"https://127.0.0.1:{port}", make_context=lambda: make_context(True))
        for _ in range(2):
            assert client.get("/").failure_text == ""
            gevent.sleep(0.05)
        assert len(connections) == 2


@pytest.mark.parametrize("surplus", [OK, b"x"])
def test_bytes_after_an_answer_close_the_connection(server_context: ssl.SSLContext, surplus: bytes) -> None:
    """A record of its own, which is read from the socket together with the answer's."""
    connections = []

    def more(sock: Any, _: Any) -> None:
        connections.append(sock)
        while read_request(sock):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer")
            sock.sendall(surplus)

    with listening(more, ssl_context=server_context) as port:
        client, _ = client_for(f"https://127.0.0.1:{port}", make_context=lambda: make_context(True))
        assert [client.get("/").content for _ in range(3)] == [b"answer"] * 3
        assert len(connections) == 3


def test_a_name_that_tls_cannot_take_leaves_no_connection_open() -> None:
    closed = []
    with listening(lambda sock, _: closed.append(sock.recv(1))) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setblocking(False)
        raw = _socket.socket(fileno=sock.detach())
        with pytest.raises(ValueError, match="empty string"):
            TlsConnection(raw, 1000, make_context(True), "")
        gevent.sleep(0.05)
        assert closed == [b""]
