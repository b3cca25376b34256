"""Processing of videos: one job at a time for each, in the background, and a journal of who did what.

A job that outlasts its lock's lease may meet its successor. Where the lock gives a fence, the late job's next
write is refused, and it stops: it is superseded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from service.errors import ConflictError, UnavailableError
from service.metrics import Metrics
from service.patterns.locking import Grant, Lock
from service.repositories import journal, videos
from service.repositories.journal import Entry
from service.schemas import Status

JOBS_AT_ONCE = 64
LEAVE_S = 3.0  # how long jobs that are cut off may take to say so and to release their locks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted attempt, and the grant it works under."""

    id: UUID
    video_id: int
    grant: Grant


class Superseded(Exception):  # noqa: N818 - no error: another job has taken over
    """A write was refused, since a later holder of the lock has written."""


class Processing:
    """Starts jobs and knows those that run in this process.

    `work_s` is how long the simulated work takes; `on_change` is told each video whose status changed.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        lock: Lock,
        metrics: Metrics,
        on_change: Callable[[int], Awaitable[None]],
        work_s: float,
    ) -> None:
        self._engine = engine
        self._writer = engine.execution_options(isolation_level="AUTOCOMMIT")  # for entries that stand alone
        self._lock = lock
        self._metrics = metrics
        self._on_change = on_change
        self._work_s = work_s
        self._running: dict[asyncio.Task[None], asyncio.Task[None]] = {}  # the job, and the work it awaits
        self._asking = 0
        self._closing = False

    async def submit(self, video_id: int) -> UUID:
        """Start a job for an existing video and return its id, while it works on.

        Raises ConflictError when another holds the video, UnavailableError when too many jobs run here or the
        service is ending.
        """
        if self._closing:
            raise UnavailableError("the service is ending", retry_after_s=1)
        if self._asking + len(self._running) >= JOBS_AT_ONCE:
            raise UnavailableError(f"{JOBS_AT_ONCE} jobs are running or starting", retry_after_s=1)
        self._asking += 1
        try:
            job = await self._ask(video_id)
            self._start(job)
        finally:
            self._asking -= 1
        return job.id

    async def _ask(self, video_id: int) -> Job:
        id = uuid4()
        await self._note("ask", id, video_id)
        grant = await self._lock.acquire(f"video:{video_id}")
        self._metrics.locks.labels("refused" if grant is None else "acquired").inc()
        if grant is None:
            raise ConflictError(f"video {video_id} is being processed")
        return Job(id, video_id, grant)

    async def drain(self, timeout_s: float) -> int:
        """Wait until the jobs of this process end; return how many still run after `timeout_s`."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
        return len(self._running)

    async def aclose(self, timeout_s: float) -> None:
        """Start no more jobs, wait for those that run, then cut off the work of those that are left.

        They say that they failed and release their locks.
        """
        self._closing = True
        await self.drain(timeout_s)
        for work in self._running.values():
            work.cancel()
        if left := await self.drain(LEAVE_S):
            logger.warning("%s jobs did not end in time; their locks end with their leases", left)

    def _start(self, job: Job) -> None:
        """Start the work, and a second task that ends the job: cutting off the first leaves that to do."""
        work = asyncio.create_task(self._work(job))
        task = asyncio.create_task(self._run(job, work))
        self._running[task] = work
        task.add_done_callback(self._running.pop)

    async def _run(self, job: Job, work: asyncio.Task[None]) -> None:
        """See the job through under its lock, and give the lock back whatever happens."""
        outcome = "failed"
        try:
            outcome = await self._outcome(job, work)
        except Exception:
            logger.exception("job %s could not write that it failed", job.id)
        finally:
            self._metrics.jobs.labels(outcome).inc()
            await self._leave(job)

    async def _outcome(self, job: Job, work: asyncio.Task[None]) -> str:
        try:
            await work
        except Superseded:
            return "superseded"
        except (Exception, asyncio.CancelledError):
            logger.exception("job %s failed", job.id)
            return await self._fail(job)
        return "completed"

    async def _work(self, job: Job) -> None:
        """Simulate the work: what a real one would compute takes `work_s` here."""
        await self._note("enter", job.id, job.video_id, job.grant.fence)
        await self._write(job, "processing")
        await asyncio.sleep(self._work_s)
        await self._write(job, "completed")

    async def _fail(self, job: Job) -> str:
        try:
            await self._write(job, "failed")
        except Superseded:
            return "superseded"
        return "failed"

    async def _leave(self, job: Job) -> None:
        """Journal the end, then release. An error of either is logged and counted, and stops nobody."""
        try:
            await self._note("leave", job.id, job.video_id, job.grant.fence)
        except Exception:
            logger.exception("job %s could not journal that it leaves", job.id)
        try:
            await self._lock.release(job.grant)
        except Exception:
            self._metrics.lock_release_errors.inc()
            logger.exception("job %s could not release its lock", job.id)

    async def _write(self, job: Job, status: Status) -> None:
        """Set the status and journal it in one transaction; raises Superseded when the write was refused.

        The entry's instant is taken under the row lock of the update, so that for one video the journal has
        the order of the commits.
        """
        fence = job.grant.fence
        async with self._engine.begin() as connection:
            accepted = await videos.set_status(connection, job.video_id, status, fence)
            entry: Entry = "write" if accepted else "refused_write"
            await journal.add(
                connection, entry, video_id=job.video_id, job=job.id, fence=fence, status=status
            )
        if not accepted:
            raise Superseded
        await self._on_change(job.video_id)

    async def _note(self, entry: Entry, id: UUID, video_id: int, fence: int | None = None) -> None:
        async with self._writer.connect() as connection:
            await journal.add(connection, entry, video_id=video_id, job=id, fence=fence)
