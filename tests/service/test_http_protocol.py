import asyncio
import socket
import time

import uvicorn
from starlette.types import Receive, Scope, Send

from service.http_protocol import StampedProtocol
from service.timing import READ_AT


async def test_the_application_hears_when_its_request_was_read() -> None:
    read_and_begun_s: list[tuple[float, float]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        read_and_begun_s.append((scope[READ_AT], time.perf_counter()))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    server = uvicorn.Server(uvicorn.Config(application, http=StampedProtocol, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        sent_at_s = await ask_twice(listening.getsockname()[1])
        server.should_exit = True
        await serving
    for sent_s, (read_s, begun_s) in zip(sent_at_s, read_and_begun_s, strict=True):
        assert sent_s < read_s < begun_s


async def ask_twice(port: int) -> list[float]:
    """Return when two requests on one connection were sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent_at_s = []
    for _ in range(2):
        sent_at_s.append(time.perf_counter())
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return sent_at_s
