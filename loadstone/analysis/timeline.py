"""A run over time, in a bounded number of steps however long it lasts."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from loadstone.analysis.measures import Reading, gauges, growth, ratios, total
from loadstone.records.histogram import HistogramState, LatencyHistogram
from loadstone.records.load import Row
from loadstone.records.measure import MeasureSpec
from loadstone.records.run import Timeline

STEP_LIMIT = 1800
"""From this many steps on, each becomes twice as long: half an hour is told by the second."""
WARM_STEPS = 64
"""So many steps are at hand: more than the seconds for which an answer may be late."""


class Step(msgspec.Struct, omit_defaults=True):
    """What came to be known of one step of the timeline, from all workers and the system."""

    planned: int = 0
    sent: int = 0
    completed: int = 0
    dropped: int = 0
    errors: int = 0
    in_flight: int = 0  # the most at a time
    cpu_share: float | None = None  # of one core, of the busiest worker in its busiest second
    latency: HistogramState = msgspec.field(default_factory=HistogramState)
    wake_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    queue_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    canary_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    growth: dict[str, float] = msgspec.field(default_factory=dict)  # measures that add up
    gauges: dict[str, float] = msgspec.field(default_factory=dict)  # measures of which the highest counts

    def add(self, row: Row) -> None:
        """Add one row of deltas."""
        self._count(row)
        for state in row.endpoints.values():
            self.latency.merge(state.ok.latency)
            self.latency.merge(state.failed.latency)
            self.errors += LatencyHistogram(state.failed.latency).count

    def see(self, in_flight: int, cpu_share: float) -> None:
        """Take in what the workers were busy with at one instant."""
        self.in_flight = max(self.in_flight, in_flight)
        self.cpu_share = max(self.cpu_share or 0.0, cpu_share)

    def measure(self, specs: Mapping[str, MeasureSpec], before: Reading, after: Reading) -> None:
        """Take in what the system's metrics say of the time between two readings."""
        for name, value in growth(specs, before, after).items():
            if specs[name].delta:
                self.growth[name] = self.growth.get(name, 0.0) + total(value)
        self._raise_gauges(gauges(specs, after))

    def merge(self, other: "Step") -> None:
        """Add another step: counts and histograms add up, gauges keep the higher."""
        self._count(other)
        self.latency.merge(other.latency)
        self.errors += other.errors
        self.in_flight = max(self.in_flight, other.in_flight)
        if other.cpu_share is not None:
            self.cpu_share = max(self.cpu_share or 0.0, other.cpu_share)
        for name, value in other.growth.items():
            self.growth[name] = self.growth.get(name, 0.0) + value
        self._raise_gauges(other.gauges)

    def columns(self, specs: Mapping[str, MeasureSpec]) -> dict[str, float | None]:
        """Return this step's entries of the timeline. Ratios are of the step's sums, never averaged."""
        latency, wake_lag = LatencyHistogram(self.latency), LatencyHistogram(self.wake_lag)
        sums = {name: value for name, value in self.growth.items() if not specs[name].by}
        return {
            "arrivals.planned": self.planned,
            "arrivals.sent": self.sent,
            "arrivals.completed": self.completed,
            "arrivals.dropped": self.dropped,
            "arrivals.errors": self.errors,
            "arrivals.in_flight": self.in_flight,
            "latency_s.p50": latency.quantile_s(0.50),
            "latency_s.p95": latency.quantile_s(0.95),
            "latency_s.p99": latency.quantile_s(0.99),
            "latency_s.max": latency.max_s,
            "lag_s.wake_p99": wake_lag.quantile_s(0.99),
            "lag_s.queue_p99": LatencyHistogram(self.queue_lag).quantile_s(0.99),
            "lag_s.canary_p99": LatencyHistogram(self.canary_lag).quantile_s(0.99),
            "generator.cpu_share": self.cpu_share,
            **sums,
            **self.gauges,
            **ratios(specs, {**self.growth, **self.gauges}),
        }

    def _count(self, other: "Row | Step") -> None:
        self.planned += other.planned
        self.sent += other.sent
        self.completed += other.completed
        self.dropped += other.dropped
        self.wake_lag.merge(other.wake_lag)
        self.queue_lag.merge(other.queue_lag)
        self.canary_lag.merge(other.canary_lag)

    def _raise_gauges(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.gauges[name] = max(value, self.gauges.get(name, value))


class _Cold(NamedTuple):
    """A step that is not expected to change: its entries, and the whole of it in a few kilobytes."""

    columns: dict[str, float | None]
    encoded: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Step).decode


class TimelineLedger:
    """Adds up the seconds of a run; the longer the run, the longer its steps, which double at a limit.

    Histograms are merged, never thinned: a quantile of a long step is that of all its requests.
    """

    def __init__(self, specs: Mapping[str, MeasureSpec]) -> None:
        self.step_s = 1
        self._specs = specs
        self._warm: dict[int, Step] = {}
        self._cold: dict[int, _Cold] = {}

    def at(self, second: int) -> Step:
        """Return the step that holds a second of the plan, to be added to at once, not kept."""
        while second // self.step_s >= STEP_LIMIT:
            self._coarsen()
        return self._step(max(0, second) // self.step_s)

    def timeline(self, warm_up_s: float) -> Timeline:
        """Return the columns; they begin with the warm-up, `warm_up_s` before 0."""
        count = max((*self._warm, *self._cold), default=-1) + 1
        steps = [self._columns(number) for number in range(count)]
        names = dict.fromkeys(name for step in steps for name in step)
        columns: dict[str, list[float | None]] = {
            "t_s": [number * self.step_s - warm_up_s for number in range(count)]
        }
        columns.update({name: [step.get(name) for step in steps] for name in names})
        return Timeline(columns if count else {}, self.step_s)

    def _columns(self, number: int) -> dict[str, float | None]:
        cold = self._cold.get(number)
        return cold.columns if cold else self._warm.get(number, Step()).columns(self._specs)

    def _step(self, number: int) -> Step:
        step = self._warm.get(number)
        if step is None:
            cold = self._cold.pop(number, None)
            if len(self._warm) >= WARM_STEPS:
                self._cool(min(self._warm))
            step = self._warm[number] = _decode(cold.encoded) if cold else Step()
        return step

    def _cool(self, number: int) -> None:
        step = self._warm.pop(number)
        self._cold[number] = _Cold(step.columns(self._specs), _encode(step))

    def _coarsen(self) -> None:
        """Make one step of every two."""
        warm, cold = self._warm, self._cold
        self.step_s *= 2
        self._warm, self._cold = {}, {}
        for number in sorted({*warm, *cold}):
            step = warm[number] if number in warm else _decode(cold.pop(number).encoded)
            self._step(number // 2).merge(step)
