from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from service.patterns.view_counting.direct import Direct
from tests.service.patterns.rows import stored_views


async def test_a_view_is_stored_at_once(
    redis: Redis, engine: AsyncEngine, namespace: str, video_ids: list[int]
) -> None:
    assert await Direct(redis, engine, namespace).record(video_ids[0], "viewer")
    assert await stored_views(engine, video_ids) == {video_ids[0]: 1}
