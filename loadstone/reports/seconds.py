"""A run's timeline, made short enough to draw: at most so many points, however long the run was."""

from math import ceil

from loadstone.records.run import Timeline

Column = list[float | None]
_WORST_OF = ("latency_s.", "lag_s.", "arrivals.in_flight", "generator.")
_COUNTS = "arrivals."


def fold(timeline: Timeline, limit: int = 300) -> tuple[dict[str, Column], int]:
    """Return the columns with so many steps folded into one point that `limit` suffices, and its seconds.

    Latencies, lags, requests in flight and the generator's load show their worst step (percentiles are never
    averaged), arrivals their mean per second, all else its mean. Columns that were never measured are left
    out; `t_s` is the first second of a point.
    """
    columns = {
        name: values for name, values in timeline.columns.items() if any(v is not None for v in values)
    }
    step = max(1, ceil(max((len(values) for values in columns.values()), default=0) / limit))
    points = {
        name: [_fold_point(name, values[n : n + step], timeline.step_s) for n in range(0, len(values), step)]
        for name, values in columns.items()
    }
    return points, step * timeline.step_s


def _fold_point(name: str, values: Column, step_s: int) -> float | None:
    measured = [value for value in values if value is not None]
    if not measured:
        return None
    if name == "t_s":
        return measured[0]
    if name.startswith(_WORST_OF):
        return max(measured)
    mean = sum(measured) / len(measured)
    return mean / step_s if name.startswith(_COUNTS) else mean
