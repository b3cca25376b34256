"""A run's timeline, made short enough to draw: at most `limit` points, however long the run was."""

from math import ceil

from loadstone.records.run import Timeline

Column = list[float | None]
_WORST_OF = ("latency_s.", "lag_s.", "arrivals.in_flight")


def fold(timeline: Timeline, limit: int = 300) -> tuple[dict[str, Column], int]:
    """Return the columns with so many seconds folded into one point that `limit` suffices, and how many.

    Latencies, lags and requests in flight show their worst second (percentiles are never averaged), all
    else its mean. Columns that were never measured are left out; `t_s` is the first second of a point.
    """
    columns = {
        name: values for name, values in timeline.columns.items() if any(v is not None for v in values)
    }
    step = max(1, ceil(max((len(values) for values in columns.values()), default=0) / limit))
    return {name: _fold_column(name, values, step) for name, values in columns.items()}, step


def _fold_column(name: str, values: Column, step: int) -> Column:
    return [_fold_point(name, values[start : start + step]) for start in range(0, len(values), step)]


def _fold_point(name: str, values: Column) -> float | None:
    measured = [value for value in values if value is not None]
    if not measured:
        return None
    if name == "t_s":
        return measured[0]
    return max(measured) if name.startswith(_WORST_OF) else sum(measured) / len(measured)
