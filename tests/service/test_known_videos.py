import pytest

from service import known_videos
from service.errors import NotFoundError
from service.known_videos import KnownVideos
from tests.service.conftest import Client


async def test_a_known_video_is_not_asked_for_again(client: Client) -> None:
    known = KnownVideos(client.resources.writer)
    await known.require(1)
    known._engine = None  # type: ignore[assignment]
    await known.require(1)


async def test_a_video_that_comes_later_is_known_then(client: Client) -> None:
    known = KnownVideos(client.resources.writer)
    author = await client.author()
    next_id = (await client.video(author))["id"] + 1
    with pytest.raises(NotFoundError):
        await known.require(next_id)
    await client.video(author)
    await known.require(next_id)


async def test_no_more_are_remembered_than_the_bound(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_videos, "MAXIMUM", 2)
    known = KnownVideos(client.resources.writer)
    for video_id in (1, 2, 3):
        await known.require(video_id)
    assert known._known == {3}
