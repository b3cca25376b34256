"""Pages and the signed cursors between them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query

from service.api.dependencies import Service
from service.repositories.paging import Position
from service.schemas import Item, Page
from service.security import Seals

LIMIT_DEFAULT = 20
LIMIT_MAXIMUM = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Paging:
    """Which page of a list the client asks for. A cursor is good for the list it came with, and no other."""

    def __init__(self, seals: Seals, limit: int, cursor: str | None) -> None:
        self._seals = seals
        self._limit = limit
        self._cursor = cursor

    @property
    def count(self) -> int:
        """How many rows to fetch: one more than the page has, to know whether there is a next one."""
        return self._limit + 1

    def before(self, purpose: str) -> Position | None:
        """Return where the page begins, None for the top; raises InvalidTokenError for a cursor not ours."""
        if self._cursor is None:
            return None
        microseconds, id = self._seals.open(purpose, self._cursor).split("-")
        return Position(EPOCH + int(microseconds) * MICROSECOND, int(id))

    def page(self, purpose: str, rows: Sequence[Item]) -> Page[Item]:
        """Return the page made of the fetched rows."""
        items = list(rows[: self._limit])
        more = len(rows) > self._limit
        return Page(items=items, next_cursor=self._seal(purpose, items[-1]) if more else None)

    def _seal(self, purpose: str, last: Item) -> str:
        return self._seals.seal(purpose, f"{(last.created_at - EPOCH) // MICROSECOND}-{last.id}")


async def _paging(
    service: Service,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAXIMUM)] = LIMIT_DEFAULT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Paging:
    return Paging(service.seals, limit, cursor)


AskedPage = Annotated[Paging, Depends(_paging)]
