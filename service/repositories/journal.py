"""The journal of processing: who asked, entered, wrote and left, by the database's one clock."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import extract, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.schemas import Status
from service.tables import processing_journal as journal

Entry = Literal["ask", "enter", "write", "refused_write", "leave"]


async def add(
    connection: AsyncConnection,
    entry: Entry,
    *,
    video_id: int,
    job: UUID,
    fence: int | None = None,
    status: Status | None = None,
) -> None:
    """Append an entry, at this moment."""
    values = {"entry": entry, "video_id": video_id, "job": job, "fence": fence, "status": status}
    await connection.execute(insert(journal).values(values))


async def entries(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Return all entries in the order they were made; `at_s` is in seconds since 1970."""
    statement = select(
        journal.c.id,
        journal.c.video_id,
        journal.c.job,
        journal.c.fence,
        journal.c.entry,
        journal.c.status,
        extract("epoch", journal.c.at).label("at_s"),
    ).order_by(journal.c.id)
    rows = (await connection.execute(statement)).mappings()
    return [{**row, "job": str(row["job"]), "at_s": float(row["at_s"])} for row in rows]
