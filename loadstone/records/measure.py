"""What the system's own metrics say: which to read, and what was read."""

import msgspec


class MeasureSpec(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How to get one name of the record's `patterns`. Exactly one of the kinds is given.

    `delta` is the growth of a counter after the warm-up, given as a selector such as `name{label="value"}`;
    `by` splits it by a label. `max` is the highest value of a gauge. `quantiles` reads a histogram.
    `ratio` divides the first measure by the sum of the others.
    """

    delta: str = ""
    max: str = ""
    quantiles: str = ""
    by: str = ""
    ratio: list[str] = msgspec.field(default_factory=list)


class MetricSample(msgspec.Struct, frozen=True, array_like=True):
    """One line of Prometheus text."""

    name: str
    labels: dict[str, str]
    value: float


class Scrape(msgspec.Struct):
    """The chosen metrics of every process at one instant (CLOCK_MONOTONIC), process by process."""

    at_s: float
    processes: list[list[MetricSample]]
