import asyncio

import pytest
from redis.exceptions import RedisError

from service.redis import create_clients
from service.settings import Settings


class HangingUpServer:
    """Hangs up on whoever connects; counts how often somebody did."""

    def __init__(self) -> None:
        self.connections = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()
        await writer.wait_closed()


async def test_what_must_not_happen_twice_is_tried_once() -> None:
    hanging_up = HangingUpServer()
    server = await asyncio.start_server(hanging_up.answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        clients = create_clients(Settings(redis_url=f"redis://127.0.0.1:{port}/0"))
        with pytest.raises(RedisError):
            await clients.once.incr("x")
        assert hanging_up.connections == 1
        with pytest.raises(RedisError):
            await clients.repeating.get("x")
        assert hanging_up.connections > 2
        await clients.aclose()
