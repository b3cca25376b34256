"""Pages by position: where the last page ended, not how many rows came before."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, tuple_


class Position(NamedTuple):
    """Where a row stands in newest-first order. The id decides between rows of one instant."""

    created_at: datetime
    id: int


def newest_first(statement: Select[Any], table: Table, before: Position | None, count: int) -> Select[Any]:
    """Return the statement for the next `count` rows of a table, newest first, after position `before`."""
    if before is not None:
        statement = statement.where(tuple_(table.c.created_at, table.c.id) < before)
    return statement.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(count)
