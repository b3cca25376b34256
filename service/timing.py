"""Where a request's time went, told to its client in a `Server-Timing` header (W3C Server Timing).

docs/server-timing.md says what each part means. Parts overlap where a request waits for two stores at once,
and they do not add up to the whole: what the handler itself computes is in none of them.
"""

import functools
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

from fastapi.routing import APIRoute
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"server-timing"
TEMPLATE = b"queue;dur=%.3f, pool;dur=%.3f, redis;dur=%.3f, sql;dur=%.3f, render;dur=%.3f"  # milliseconds
READ_AT = "service.read_at_s"  # in the scope, by a server that tells when it began to read the request

# The steps of SQLAlchemy that wait for PostgreSQL. Its events tell neither how long a commit takes nor how
# long a request waits for a connection.
STATEMENTS = ("do_execute", "do_execute_no_params", "do_executemany", "do_commit", "do_rollback")

P = ParamSpec("P")
T = TypeVar("T")


class RequestTimes:
    """What is known of the request under way; instants and durations in seconds of `perf_counter`."""

    __slots__ = ("began_at_s", "ended_at_s", "read_at_s", "stores_s")

    def __init__(self, read_at_s: float) -> None:
        self.read_at_s = read_at_s
        self.began_at_s: float | None = None  # the handler
        self.ended_at_s: float | None = None
        self.stores_s = {"pool": 0.0, "redis": 0.0, "sql": 0.0}

    def header(self, now_s: float) -> bytes:
        """Return the header's value for an answer that begins now."""
        queue_s = (self.began_at_s or now_s) - self.read_at_s
        render_s = now_s - (self.ended_at_s or now_s)
        stores_s = self.stores_s
        parts_s = (queue_s, stores_s["pool"], stores_s["redis"], stores_s["sql"], render_s)
        return TEMPLATE % tuple([1000 * seconds for seconds in parts_s])


# None outside requests, and where nothing is told.
_times: ContextVar[RequestTimes | None] = ContextVar("times", default=None)


class ServerTiming:
    """ASGI middleware that sends the header with every answer but the one to an unforeseen exception."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the header as its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        times = RequestTimes(scope.get(READ_AT) or perf_counter())

        async def send_with_times(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER, times.header(perf_counter()))]
            await send(message)

        token = _times.set(times)
        try:
            await self._app(scope, receive, send_with_times)
        finally:
            _times.reset(token)


class TimedRoute(APIRoute):
    """A route that notes when its handler begins and ends."""

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Any]], **options: Any) -> None:
        super().__init__(path, _noted(endpoint), **options)


def time_stores(engines: Iterable[AsyncEngine], clients: Iterable[Redis]) -> None:
    """From now on count what requests spend on these engines and clients.

    Their pipelines are left out: no request uses one, only the flusher.
    """
    for engine in engines:
        _wrap(engine.sync_engine.pool, "connect", _timed, "pool")
        for step in STATEMENTS:
            _wrap(engine.sync_engine.dialect, step, _timed, "sql")
    for client in clients:
        _wrap(client, "execute_command", _timed_async, "redis")


def _wrap(owner: object, method: str, timed: Callable[..., Any], part: str) -> None:
    """Time one method of one object, and of no other of its class: two services may live in one process."""
    setattr(owner, method, timed(part, getattr(owner, method)))


def _timed(part: str, function: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(function)
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        begin_s = perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            _add(part, perf_counter() - begin_s)

    return timed


def _timed_async(part: str, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(function)
    async def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        begin_s = perf_counter()
        try:
            return await function(*args, **kwargs)
        finally:
            _add(part, perf_counter() - begin_s)

    return timed


def _add(part: str, seconds: float) -> None:
    if times := _times.get():
        times.stores_s[part] += seconds


def _noted(endpoint: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(endpoint)
    async def noted(*args: P.args, **kwargs: P.kwargs) -> T:
        times = _times.get()
        if times is None:
            return await endpoint(*args, **kwargs)
        times.began_at_s = perf_counter()
        try:
            return await endpoint(*args, **kwargs)
        finally:
            times.ended_at_s = perf_counter()

    return noted
