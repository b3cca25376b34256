"""What every view counting strategy does."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush did: rows updated, views moved, and how long the database was kept busy."""

    rows: int = 0
    views: int = 0
    busy_s: float = 0.0


class ViewCounter(Protocol):
    """Accepts views and moves them to the `videos.views` column."""

    async def record(self, video_id: int, viewer: str) -> bool:
        """Accept one view; return whether it counts (False: this viewer was counted already)."""

    async def flush(self) -> Flushed:
        """Move what is buffered to the database now; safe to call from several processes at once."""

    async def buffered(self) -> dict[int, int]:
        """Return the views accepted but not yet in the database, by video, batches in flight included.

        Exact while nothing is flushed.
        """
