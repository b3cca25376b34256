import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from loadstone.stack.ports import LOOPBACK, reserve_port

MANY = (
    300  # of some 28,000 ports: were reserved ones handed out, 300 more would meet three of them on average
)


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as sockets:
        yield sockets


def test_a_reserved_port_is_handed_to_nobody_else(sockets: ExitStack) -> None:
    reserved = {sockets.enter_context(reserve_port()).getsockname()[1] for _ in range(MANY)}
    assert len(reserved) == MANY
    for _ in range(MANY):
        other = sockets.enter_context(socket.socket())
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, 0))
        assert other.getsockname()[1] not in reserved


def test_a_server_can_listen_on_a_reserved_port_again_and_again() -> None:
    with reserve_port() as reserved:
        for _ in range(3):
            with (
                socket.create_server(reserved.getsockname()),
                socket.create_connection(reserved.getsockname()),
            ):
                pass


def test_while_a_server_listens_a_second_one_is_refused() -> None:
    with (
        reserve_port() as reserved,
        socket.create_server(reserved.getsockname()),
        pytest.raises(OSError, match="Address already in use"),
    ):
        socket.create_server(reserved.getsockname())
