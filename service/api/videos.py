"""Videos, their views and their processing."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from service.api.cached import cached_response
from service.api.dependencies import Database, Id, Service, UserId
from service.api.paging import AskedPage
from service.cache_keys import video_key
from service.errors import DomainError, ForbiddenError, NotFoundError
from service.repositories import videos
from service.schemas import JobAccepted, NewVideo, Page, Video, VideoChange, View, ViewAccepted
from service.timing import TimedRoute

CURSOR_PURPOSE = "videos cursor"

router = APIRouter(route_class=TimedRoute, tags=["videos"])


@router.get("/videos/{video_id}", response_model=Video)
async def show(video_id: Id, session: Database) -> Response:
    """Show a video; it, and its views, may be as old as the cache allows."""
    ttl_s = session.resources.settings.cache_ttl_video_metadata
    return await cached_response(
        session, video_key(video_id), ttl_s, lambda connection: videos.find(connection, video_id)
    )


@router.post("/videos/{video_id}/views", status_code=202)
async def view(video_id: Id, view: View, service: Service) -> ViewAccepted:
    """Count a view, once for each viewer."""
    await service.known_videos.require(video_id)
    counted = await service.strategies.views.record(video_id, view.viewer)
    service.metrics.views.labels("accepted" if counted else "duplicate").inc()
    return ViewAccepted(counted=counted)


@router.get("/videos")
async def newest(session: Database, asked: AskedPage) -> Page[Video]:
    """Show all videos, newest first."""
    before = asked.before(CURSOR_PURPOSE)
    async with session.read() as connection:
        rows = await videos.newest(connection, before, asked.count)
    return asked.page(CURSOR_PURPOSE, rows)


@router.post("/videos", status_code=201)
async def add(new: NewVideo, owner_id: UserId, session: Database) -> Video:
    """Describe a new video."""
    async with session.write() as connection:
        video = await videos.add(connection, owner_id, new)
        await session.invalidate(video_key(video.id))  # somebody may have asked for it before there was one
    return video


@router.patch("/videos/{video_id}")
async def change(video_id: Id, change: VideoChange, owner_id: UserId, session: Database) -> Video:
    """Change the description of one's own video."""
    values = change.model_dump(exclude_none=True)
    async with session.write(video_key(video_id)) as connection:
        video = await videos.change(connection, video_id, owner_id, values)
        if video is None:
            raise await _refusal(connection, video_id)
    return video


@router.post("/videos/{video_id}/process", status_code=202)
async def process(video_id: Id, user_id: UserId, service: Service) -> JobAccepted:
    """Start to process a video, unless somebody does already.

    Any signed-in user may ask, not only the owner: who contends for the lock must not depend on whose it is.
    """
    await service.known_videos.require(video_id)
    return JobAccepted(job=str(await service.processing.submit(video_id)))


async def _refusal(connection: AsyncConnection, video_id: int) -> DomainError:
    """Return why a video could not be changed."""
    if await videos.exists(connection, video_id):
        return ForbiddenError(f"video {video_id} is another user's")
    return NotFoundError(f"there is no video {video_id}")
