"""Pages by position: where the last page ended, not how many rows came before."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, DateTime, Select, Table, bindparam, tuple_


class Position(NamedTuple):
    """Where a row stands in newest-first order. The id decides between rows of one instant."""

    created_at: datetime
    id: int


_BEFORE = tuple_(
    bindparam("before_created_at", type_=DateTime(timezone=True)), bindparam("before_id", type_=BigInteger)
)


def from_the_top(statement: Select[Any], table: Table) -> Select[Any]:
    """Return the statement for the newest rows of a table; give it the values of `page_values`."""
    newest_first = (table.c.created_at.desc(), table.c.id.desc())
    return statement.order_by(*newest_first).limit(bindparam("count", type_=BigInteger))


def from_a_position(statement: Select[Any], table: Table) -> Select[Any]:
    """Return the statement for the rows after a position; give it the values of `page_values`."""
    return from_the_top(statement.where(tuple_(table.c.created_at, table.c.id) < _BEFORE), table)


def page_values(before: Position | None, count: int) -> dict[str, Any]:
    """Return the values for the next `count` rows from a position, or from the top."""
    if before is None:
        return {"count": count}
    return {"count": count, "before_created_at": before.created_at, "before_id": before.id}
