import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import text

from service import processing
from service.errors import UnavailableError
from service.metrics import Metrics
from service.patterns.locking import Grant, Lock
from service.processing import Processing
from service.repositories import journal
from tests.service.conftest import Client, Running

Make = Callable[..., Processing]


class FreeLock:
    """Grants everything, each time with the next fence; releases as told."""

    def __init__(self, release_error: Exception | None = None) -> None:
        self._fence = 0
        self._release_error = release_error
        self.released: list[Grant] = []

    async def acquire(self, name: str) -> Grant | None:
        self._fence += 1
        return Grant(name, "token", self._fence)

    async def release(self, grant: Grant) -> None:
        self.released.append(grant)
        if self._release_error:
            raise self._release_error


async def _nothing(video_id: int) -> None:
    pass


@pytest.fixture
async def video_id(client: Client) -> int:
    video = await client.video(await client.author())
    return int(video["id"])


@pytest.fixture
async def make(client: Client) -> AsyncIterator[Make]:
    made = []

    def make(
        lock: FreeLock, on_change: Callable[[int], Awaitable[None]] = _nothing, work_s: float = 0.01
    ) -> Processing:
        engine = client.resources.primary.engine
        made.append(Processing(engine, cast(Lock, lock), Metrics(), on_change, work_s))
        return made[-1]

    yield make
    for one in made:
        await one.aclose(0)


async def _entries(client: Client, job: UUID) -> list[tuple[str, str | None]]:
    async with client.resources.writer.connect() as connection:
        entries = await journal.entries(connection)
    return [(one["entry"], one["status"]) for one in entries if one["job"] == str(job)]


async def _status(client: Client, video_id: int) -> str:
    async with client.resources.writer.connect() as connection:
        return str(
            await connection.scalar(text("SELECT status FROM videos WHERE id = :id"), {"id": video_id})
        )


def _count(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_a_late_job_is_superseded_and_writes_nothing_more(
    running: Running, make: Make, client: Client, video_id: int
) -> None:
    jobs = make(FreeLock(), work_s=0.2)
    late = await jobs.submit(video_id)
    await asyncio.sleep(0.1)
    next_one = await jobs.submit(video_id)
    assert await jobs.drain(5) == 0
    assert await _entries(client, late) == [
        ("ask", None),
        ("enter", None),
        ("write", "processing"),
        ("refused_write", "completed"),
        ("leave", None),
    ]
    assert ("write", "completed") in await _entries(client, next_one)
    assert await _status(client, video_id) == "completed"
    assert _count(jobs._metrics, "service_jobs_total", outcome="superseded") == 1


async def test_a_real_lease_that_runs_out_lets_the_next_one_in_and_fences_the_first_off(
    running: Running,
) -> None:
    async with running(processing_lease_s=0.1, processing_work_s=0.4) as client:
        author = await client.author()
        video = await client.video(author)
        path = f"/videos/{video['id']}/process"
        first = await client.post(path, headers=author.headers)
        await asyncio.sleep(0.2)
        second = await client.post(path, headers=author.headers)
        assert (first.status_code, second.status_code) == (202, 202)
        await client.post("/internal/drain")
        entries = await _entries(client, UUID(first.json()["job"]))
        assert ("refused_write", "completed") in entries
        assert await _status(client, video["id"]) == "completed"


async def test_a_job_that_breaks_says_failed_and_releases_its_lock(
    make: Make, client: Client, video_id: int
) -> None:
    async def breaks_at_first(id: int) -> None:
        if not broken:
            broken.append(id)
            raise RuntimeError("broken")

    broken: list[int] = []
    lock = FreeLock()
    jobs = make(lock, on_change=breaks_at_first)
    job = await jobs.submit(video_id)
    await jobs.drain(5)
    assert (await _entries(client, job))[-2:] == [("write", "failed"), ("leave", None)]
    assert await _status(client, video_id) == "failed"
    assert len(lock.released) == 1
    assert _count(jobs._metrics, "service_jobs_total", outcome="failed") == 1


async def test_a_release_that_raises_is_counted_and_the_work_stays_done(
    make: Make, client: Client, video_id: int
) -> None:
    jobs = make(FreeLock(release_error=RuntimeError("not the owner any more")))
    await jobs.submit(video_id)
    await jobs.drain(5)
    assert _count(jobs._metrics, "service_lock_release_errors_total") == 1
    assert _count(jobs._metrics, "service_jobs_total", outcome="completed") == 1
    assert await _status(client, video_id) == "completed"


async def test_a_job_cut_off_by_the_shutdown_leaves_and_releases(
    make: Make, client: Client, video_id: int
) -> None:
    lock = FreeLock()
    jobs = make(lock, work_s=60)
    job = await jobs.submit(video_id)
    assert await jobs.drain(0.1) == 1
    await jobs.aclose(0)
    assert len(lock.released) == 1
    assert (await _entries(client, job))[-2:] == [("write", "failed"), ("leave", None)]
    assert await _status(client, video_id) == "failed"


async def test_a_job_cut_off_before_its_first_step_releases_too(make: Make, video_id: int) -> None:
    lock = FreeLock()
    jobs = make(lock, work_s=60)
    await jobs.submit(video_id)
    for work in jobs._running.values():
        work.cancel()
    assert await jobs.drain(5) == 0
    assert len(lock.released) == 1


async def test_no_job_starts_once_the_shutdown_has_begun(make: Make, video_id: int) -> None:
    jobs = make(FreeLock())
    await jobs.aclose(0)
    with pytest.raises(UnavailableError):
        await jobs.submit(video_id)


async def test_too_many_jobs_are_refused(make: Make, video_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing, "JOBS_AT_ONCE", 1)
    lock = FreeLock()
    jobs = make(lock, work_s=60)
    asked = await asyncio.gather(*(jobs.submit(video_id) for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, UnavailableError) for answer in asked] == [False, True, True, True, True]
    with pytest.raises(UnavailableError):
        await jobs.submit(video_id)
