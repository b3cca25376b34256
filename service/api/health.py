"""Whether the service lives, is ready, and how its parts are."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, Literal, cast

from fastapi import APIRouter, Response
from sqlalchemy import QueuePool

from service.api.dependencies import Service
from service.database import PING_TIMEOUT_S, ping
from service.patterns.replica_routing import Node
from service.resources import Resources
from service.timing import TimedRoute

State = Literal["ok", "degraded", "down"]

router = APIRouter(route_class=TimedRoute, tags=["health"])
logger = logging.getLogger(__name__)


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Answer: the process runs. Touches nothing else, since restarting it would mend nothing else."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(service: Service, response: Response) -> dict[str, str]:
    """Tell whether requests can be served: 503 without primary or Redis, `degraded` without a replica."""
    state = state_of(await _check(service))
    response.status_code = _status_code(state)
    return {"status": state}


@router.get("/health/detailed")
async def detailed(service: Service, response: Response) -> dict[str, Any]:
    """Tell how each part is, and how long it took to answer."""
    parts = await _check(service)
    state = state_of(parts)
    response.status_code = _status_code(state)
    pools = {node.name: pool_of(node) for node in (service.primary, *service.replicas)}
    return {"status": state, "parts": parts, "pools": pools}


@router.get("/metrics", include_in_schema=False)
async def metrics(service: Service) -> Response:
    """Show the metrics in the Prometheus text format."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def state_of(parts: dict[str, dict[str, Any]]) -> State:
    """Return the whole's state: a replica is missed, but the others can do its work."""
    away = {name for name, part in parts.items() if not part["ok"]}
    if away & {"primary", "redis"}:
        return "down"
    return "degraded" if away else "ok"


def pool_of(node: Node) -> dict[str, int]:
    """Return how many connections the pool of a server may hold, and how many are in use."""
    pool = cast(QueuePool, node.engine.pool)
    return {"size": pool.size(), "in_use": pool.checkedout()}


def _status_code(state: State) -> int:
    return HTTPStatus.SERVICE_UNAVAILABLE if state == "down" else HTTPStatus.OK


async def _check(service: Resources) -> dict[str, dict[str, Any]]:
    """Ask all parts at once."""
    checks = {node.name: ping(node.engine) for node in (service.primary, *service.replicas)}
    parts = {**checks, "redis": service.redis.ping()}
    return dict(zip(parts, await asyncio.gather(*map(_ask, parts, parts.values())), strict=True))


async def _ask(name: str, check: Awaitable[None]) -> dict[str, Any]:
    """Tell how a part is. What a driver says of it may name hosts and users, and is for the log only."""
    start_s = time.monotonic()
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await check
    except Exception as error:  # whatever is wrong with a part, the others' states are still worth telling
        logger.warning("%s does not answer: %s: %s", name, type(error).__name__, error)
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "answered_in_s": round(time.monotonic() - start_s, 6)}
