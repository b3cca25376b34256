"""A small HTTP server with a process of its own, whose delays are known exactly.

`server.py gate FROM_S LENGTH_S`: answers at once, but what arrives in [FROM_S, FROM_S + LENGTH_S) after the
first request to `/` is held until that interval ends: a parallel server behind a gate.
`server.py fifo RATE`: one request after the other, each taking 1 / RATE seconds; SIGSTOP is its stall.

Beside `/`: `/status/N` answers with status N; `/slow/S` after S seconds; `/close` closes
the connection without an answer; `/count/NAME` says how often `/NAME…` was asked for.
"""

import asyncio
import sys
from collections import Counter
from typing import Protocol


class Delay(Protocol):
    def answer_at(self, now_s: float) -> float: ...


class Gate:
    def __init__(self, from_s: float, length_s: float) -> None:
        self._from_s = from_s
        self._length_s = length_s
        self._first_s: float | None = None
        self._held = 0

    def answer_at(self, now_s: float) -> float:
        if self._first_s is None:
            self._first_s = now_s
        closes_s = self._first_s + self._from_s
        if not closes_s <= now_s < closes_s + self._length_s:
            return now_s
        self._held += 1  # a microsecond apart: who came first is answered first
        return closes_s + self._length_s + self._held * 1e-6


class Fifo:
    def __init__(self, rate: float) -> None:
        self._work_s = 1 / rate
        self._free_s = 0.0

    def answer_at(self, now_s: float) -> float:
        self._free_s = max(self._free_s, now_s) + self._work_s
        return self._free_s


class Connection(asyncio.Protocol):
    def __init__(self, delay: Delay, asked: Counter[str]) -> None:
        self._delay = delay
        self._asked = asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        name, _, value = data.split(b" ", 2)[1].decode().lstrip("/").partition("/")
        if name == "count":
            self._answer(200, str(self._asked[value]))
            return
        self._asked[name] += 1
        loop = asyncio.get_running_loop()
        if name == "status":
            self._answer(int(value), "as asked")
        elif name == "slow":
            loop.call_later(float(value), self._answer, 200, "late")
        elif name == "close":
            self._transport.close()
        elif (at_s := self._delay.answer_at(loop.time())) > loop.time():
            loop.call_at(at_s, self._answer, 200, "ok")
        else:
            self._answer(200, "ok")

    def _answer(self, status: int, body: str) -> None:
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(f"{head}{body}".encode())


async def serve(delay: Delay) -> None:
    asked: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay, asked), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    numbers = [float(argument) for argument in sys.argv[2:]]
    asyncio.run(serve(Gate(*numbers) if sys.argv[1] == "gate" else Fifo(*numbers)))
