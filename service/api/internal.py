"""What only the inside knows, for the checks of a load test. Not there in production."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from service.api.dependencies import Service
from service.repositories import journal, videos
from service.strategies import posts_rule
from service.timing import TimedRoute

DRAIN_S = 20.0  # below the 30 s that the load test's side waits for an answer

router = APIRouter(route_class=TimedRoute, prefix="/internal", tags=["internal"])


@router.get("/audit/locking")
async def audit_locking(service: Service) -> dict[str, Any]:
    """Show the journal of processing."""
    async with service.writer.connect() as connection:
        return {"journal": await journal.entries(connection)}


@router.get("/audit/view_counting")
async def audit_view_counting(service: Service) -> dict[str, Any]:
    """Show the views of every video: stored in the primary, and still buffered.

    This process moves none between the two looks; another might.
    """
    async with service.flusher.paused():
        buffered = await service.strategies.views.buffered()
        async with service.writer.connect() as connection:
            stored = await videos.stored_views(connection)
    return {"videos": {id: {"stored": n, "buffered": buffered.get(id, 0)} for id, n in stored.items()}}


@router.get("/audit/rate_limiting")
async def audit_rate_limiting(service: Service) -> dict[str, Any]:
    """Show the rule for posts, and what its strategy surely admits (null: everything)."""
    allowance = service.strategies.posts_limiter.allowance()
    rule = asdict(posts_rule(service.settings))
    return {"posts": {**rule, "allowance": None if allowance is None else asdict(allowance)}}


@router.get("/audit/configuration")
async def audit_configuration(service: Service) -> dict[str, Any]:
    """Show the strategies and settings, secrets masked."""
    return {"strategies": service.settings.strategies(), "settings": service.settings.shown()}


@router.post("/drain")
async def drain(service: Service) -> dict[str, int]:
    """Wait for the jobs of this process and flush the views; tell how many of each are left."""
    jobs = await service.processing.drain(DRAIN_S)
    return {"jobs": jobs, "buffered": await service.flusher.drain()}
