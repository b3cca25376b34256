"""Everything the service holds open: opened in order, closed backwards."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from service.cache_keys import video_key
from service.database import create_nodes
from service.flusher import Flusher
from service.known_videos import KnownVideos
from service.metrics import Metrics
from service.patterns import caching
from service.patterns.replica_routing import Node
from service.processing import Processing
from service.redis import RedisClients, create_clients
from service.replica_lag import ReplicaLag
from service.security import AccessTokens, Passwords, Seals
from service.settings import Settings
from service.strategies import Strategies, build_strategies
from service.timing import time_stores

DRAIN_S = 5.0  # how long a shutdown waits for running jobs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What requests work with."""

    settings: Settings
    metrics: Metrics
    primary: Node
    replicas: list[Node]
    writer: AsyncEngine  # the primary, each statement committing by itself
    redis: RedisClients
    strategies: Strategies
    processing: Processing
    flusher: Flusher
    passwords: Passwords
    tokens: AccessTokens
    seals: Seals
    known_videos: KnownVideos

    @property
    def loads_are_routed(self) -> bool:
        """Whether a cached endpoint loads from where the router says, instead of from the primary.

        A cache keeps what it loads for everybody. Loaded from a replica that lags, an entry would bring back
        what an invalidation has just removed, so loads read the primary. Where nothing is kept, a load is a
        read like any other.
        """
        return self.settings.caching_strategy == caching.NULL


@asynccontextmanager
async def open_resources(settings: Settings, metrics: Metrics) -> AsyncIterator[Resources]:
    """Yield the resources; at the end finish the jobs, flush the views, and close all that was opened."""
    async with AsyncExitStack() as stack:
        resources = _build(settings, metrics, stack)
        stack.push_async_callback(resources.flusher.drain)
        stack.push_async_callback(resources.processing.aclose, DRAIN_S)
        for routine in _routines(resources):
            await stack.enter_async_context(_running(routine))
        yield resources


def _build(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Resources:
    primary, replicas = create_nodes(settings)
    for node in (primary, *replicas):
        stack.push_async_callback(node.engine.dispose)
    redis = create_clients(settings)
    stack.push_async_callback(redis.aclose)
    if settings.server_timing_enabled:
        time_stores([node.engine for node in (primary, *replicas)], [redis.repeating, redis.once])
    strategies = build_strategies(settings, primary, replicas, redis)

    async def forget(video_id: int) -> None:
        """Invalidate a video. When Redis fails the job goes on: its status shows when the entry ends."""
        try:
            await strategies.cache.invalidate(video_key(video_id))
        except RedisError as error:
            metrics.cache_errors.inc()
            logger.warning("video %s stays in the cache as it was: %s", video_id, error)

    writer = primary.engine.execution_options(isolation_level="AUTOCOMMIT")
    secret_key = settings.secret_key.get_secret_value()
    return Resources(
        settings=settings,
        metrics=metrics,
        primary=primary,
        replicas=replicas,
        writer=writer,
        redis=redis,
        strategies=strategies,
        processing=Processing(primary.engine, strategies.lock, metrics, forget, settings.processing_work_s),
        flusher=Flusher(strategies.views, metrics, settings.view_flush_interval_s),
        passwords=Passwords(settings.password_hash_memory_kib, settings.password_hash_time_cost),
        tokens=AccessTokens(secret_key, 60 * settings.access_token_expire_minutes),
        seals=Seals(secret_key),
        known_videos=KnownVideos(writer),
    )


def _routines(resources: Resources) -> list[Coroutine[Any, Any, None]]:
    lags = [ReplicaLag(resources.primary, node, resources.metrics) for node in resources.replicas]
    return [resources.flusher.run(), *(lag.run() for lag in lags)]


@asynccontextmanager
async def _running(routine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a routine beside the block; cancel it and wait for its end when the block is done."""
    task = asyncio.create_task(routine)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
