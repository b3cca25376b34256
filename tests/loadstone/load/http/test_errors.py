import socket
import ssl

import pytest
from locust.exception import CatchResponseError

from loadstone.load.http.errors import BadAnswerError, connection_error, describe


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BadAnswerError("the answer is not HTTP"), "the answer is not HTTP"),
        (CatchResponseError("wrong total"), "wrong total"),
        (CatchResponseError(""), "failed"),
        (ValueError("no JSON"), "ValueError: no JSON"),
        ("said so", "said so"),
    ],
)
def test_a_failure_has_a_short_text(error: BaseException | str, text: str) -> None:
    assert describe(error) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(111, "[Errno 111] to 10.0.0.1:80"), "no connection: connection refused"),
        (ConnectionResetError(104, "x"), "connection reset by the server"),
        (BrokenPipeError(32, "x"), "connection reset by the server"),
        (OSError(113, "x"), "no connection: no route to host"),
        (socket.gaierror(-2, "Name or service not known"), "no connection: Name or service not known"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] at _ssl.c:1006"), "TLS failed: SSLError"),
    ],
)
def test_a_socket_error_is_told_without_addresses(error: OSError, text: str) -> None:
    assert str(connection_error(error)) == text
