"""Answers out of the cache."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import Response
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.api.session import Session
from service.errors import NotFoundError
from service.schemas import Answer

CACHE_HEADER = "X-Cache"

Find = Callable[[AsyncConnection], Awaitable[Answer | None]]


async def cached_response(session: Session, key: str, ttl_s: float, find: Find) -> Response:
    """Return the cached body of a key, or what `find` finds, which the cache may then keep for `ttl_s`.

    The body is sent as it is kept: a hit and a miss look the same. Raises NotFoundError when there is none.
    """

    service = session.resources

    async def load() -> bytes | None:
        async with session.load() as connection:
            found = await find(connection)
        if delay_s := service.settings.cache_load_delay_s:
            await asyncio.sleep(delay_s)  # after the read: what takes long to make is old when it is done
        return None if found is None else found.model_dump_json().encode()

    with service.metrics.cache_errors.count_exceptions(RedisError):
        cached = await service.strategies.cache.get(key, load, ttl_s)
    metrics = service.metrics
    metrics.cache_reads.labels(cached.source).inc()
    if cached.filled:
        metrics.cache_fills.inc()
    if cached.cache_failed:
        metrics.cache_errors.inc()
    if cached.body is None:
        raise NotFoundError(f"there is no {key.replace(':', ' ')}")
    response = Response(cached.body, media_type="application/json", headers={CACHE_HEADER: cached.source})
    if cached.source == "load":
        response.headers.update(session.headers)
    return response
