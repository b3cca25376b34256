"""A small HTTP server with a process of its own, whose delays are known exactly.

Both kinds may stall, from FROM_S after the first request on (or when `/stall/AT_S` says), for LENGTH_S:
`server.py gate FROM_S LENGTH_S`: answers at once, but what arrives in the stall is held until it ends: a
parallel server behind a gate.
`server.py fifo RATE [FROM_S LENGTH_S]`: one request after the other, each taking 1 / RATE seconds; in the
stall it begins none. (SIGSTOP stalls it, too.)
That is for `/`, or with `gate:NAME` and `fifo:NAME` for `/NAME`: the harness looks at `/` before a run.

`/observed` tells when each of these requests arrived and was answered, as a JSON list of pairs in
seconds of CLOCK_MONOTONIC; `/status/N` answers with status N; `/slow/S` after S seconds; `/close` closes
the connection without an answer; `/count/NAME` says how often `/NAME…` was asked for; anything else is
answered at once.
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Protocol


class Delay(Protocol):
    def answer_at(self, now_s: float) -> float: ...
    def stall_at(self, at_s: float) -> None: ...


class Stall:
    """An interval that begins `from_s` after the first question about it."""

    def __init__(self, from_s: float, length_s: float) -> None:
        self._from_s = from_s
        self._length_s = length_s
        self._begins_s: float | None = None

    def begin_at(self, at_s: float) -> None:
        """Begin at this instant instead."""
        self._begins_s = at_s

    def passed(self, at_s: float) -> float:
        """Return the instant, or the end of the stall where it lies within."""
        if self._begins_s is None:
            self._begins_s = at_s + self._from_s
        end_s = self._begins_s + self._length_s
        return end_s if self._begins_s <= at_s < end_s else at_s


class Gate:
    def __init__(self, from_s: float, length_s: float) -> None:
        self._stall = Stall(from_s, length_s)
        self.stall_at = self._stall.begin_at
        self._held = 0

    def answer_at(self, now_s: float) -> float:
        passed_s = self._stall.passed(now_s)
        if passed_s == now_s:
            return now_s
        self._held += 1  # a microsecond apart: who came first is answered first
        return passed_s + self._held * 1e-6


class Fifo:
    def __init__(self, rate: float, from_s: float = 1e9, length_s: float = 0.0) -> None:
        self._work_s = 1 / rate
        self._stall = Stall(from_s, length_s)
        self.stall_at = self._stall.begin_at
        self._free_s = 0.0

    def answer_at(self, now_s: float) -> float:
        self._free_s = self._stall.passed(max(self._free_s, now_s)) + self._work_s
        return self._free_s


class Connection(asyncio.Protocol):
    def __init__(
        self, page: str, delay: Delay, asked: Counter[str], observed: list[tuple[float, float]]
    ) -> None:
        self._page = page
        self._delay = delay
        self._asked = asked
        self._observed = observed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        name, _, value = data.split(b" ", 2)[1].decode().lstrip("/").partition("/")
        self._asked[name] += 1
        if name == "count":
            self._answer(200, str(self._asked[value]))
        elif name == "stall":
            self._delay.stall_at(float(value))
            self._answer(200, "ok")
        elif name == "observed":
            self._answer(200, json.dumps(self._observed))
        elif name == "status":
            self._answer(int(value), "as asked")
        elif name == "slow":
            loop.call_later(float(value), self._answer, 200, "late")
        elif name == "close":
            self._transport.close()
        elif name != self._page:
            self._answer(200, "ok")
        elif (at_s := self._delay.answer_at(now_s)) > now_s:
            loop.call_at(at_s, self._answer_observed, now_s)
        else:
            self._answer_observed(now_s)

    def _answer_observed(self, arrived_s: float) -> None:
        self._answer(200, "ok")
        self._observed.append((arrived_s, asyncio.get_running_loop().time()))

    def _answer(self, status: int, body: str) -> None:
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(f"{head}{body}".encode())


async def serve(page: str, delay: Delay) -> None:
    asked: Counter[str] = Counter()
    observed: list[tuple[float, float]] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(page, delay, asked, observed), "127.0.0.1", 0, backlog=1000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    numbers = [float(argument) for argument in sys.argv[2:]]
    kind, _, page = sys.argv[1].partition(":")
    asyncio.run(serve(page, Gate(*numbers) if kind == "gate" else Fifo(*numbers)))
