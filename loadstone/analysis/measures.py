"""From scraped metrics to the record's `patterns`: deltas, ratios, maxima and quantiles."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.records.measure import MeasureSpec, MetricSample, Scrape

_SELECTOR = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?$")
_MATCHER = re.compile(r'\s*(?P<label>\w+)\s*(?P<operator>!?=)\s*"(?P<value>[^"]*)"\s*(?:,|$)')

Value = float | dict[str, float]
Groups = dict[str, float]  # by the label that splits a measure; one group named "" where none does
Reading = dict[str, list[Groups]]  # measure → what each process says of it


@dataclass(frozen=True)
class Selector:
    """A metric name, and labels that must or must not have a value."""

    name: str
    equal: Mapping[str, str]
    unequal: Mapping[str, str]

    def matches(self, sample: MetricSample, name: str) -> bool:
        """Return whether a sample of this metric name is selected."""
        return (
            sample.name == name
            and all(sample.labels.get(label) == value for label, value in self.equal.items())
            and all(sample.labels.get(label) != value for label, value in self.unequal.items())
        )


@lru_cache(maxsize=256)  # asked for every measure of every second
def parse_selector(text: str) -> Selector:
    """Return the selector written as `name{label="value"}`, with = or !=; raises LoadstoneError otherwise."""
    match = _SELECTOR.match(text.strip())
    labels = (match["labels"] or "") if match else ""
    if not match or _MATCHER.sub("", labels).strip():
        raise LoadstoneError(
            f"'{text}' is no metric selector.", 'Write it as name{label="value"}, with = or != only.'
        )
    pairs: dict[str, dict[str, str]] = {"=": {}, "!=": {}}
    for found in _MATCHER.finditer(labels):
        pairs[found["operator"]][found["label"]] = found["value"]
    return Selector(match["name"], pairs["="], pairs["!="])


def metric_names(specs: Iterable[MeasureSpec]) -> set[str]:
    """Return the names of the samples that these measures read."""
    names = set()
    for spec in specs:
        names |= {parse_selector(text).name for text in (spec.delta, spec.max) if text}
        if spec.quantiles:
            names.add(parse_selector(spec.quantiles).name + "_bucket")
    return names


class MeasureLedger:
    """Follows the measures from reading to reading, and keeps two of them: the first and the last."""

    def __init__(self, specs: Mapping[str, MeasureSpec]) -> None:
        self.fell_back: set[str] = set()
        """Measures whose counter fell in some process: it restarted, so their values are partial."""
        self._specs = specs
        self._first: Reading | None = None
        self._last: Reading = {}
        self._peaks: dict[str, float] = {}

    def add(self, reading: Reading) -> None:
        """Take one more reading into account."""
        if self._first is None:
            self._first = reading
        else:
            self.fell_back |= _fallen(self._specs, self._last, reading)
        self._last = reading
        for name, value in gauges(self._specs, reading).items():
            self._peaks[name] = max(value, self._peaks.get(name, value))

    def values(self) -> dict[str, Value]:
        """Return every measure from the first reading to the last; what has no data is absent.

        A `by` delta is a mapping; quantiles are `p50`, `p99` and `max` in the histogram's unit.
        """
        if self._first is None or self._first is self._last:
            return {}
        values: dict[str, Value] = {**growth(self._specs, self._first, self._last), **self._peaks}
        return values | ratios(self._specs, values)


def read(specs: Mapping[str, MeasureSpec], scrape: Scrape) -> Reading:
    """Return what a scrape says of the measures that are read directly."""
    processes = [_by_name(samples) for samples in scrape.processes]
    return {
        name: [_grouped(process, spec) for process in processes]
        for name, spec in specs.items()
        if not spec.ratio
    }


def growth(specs: Mapping[str, MeasureSpec], before: Reading, after: Reading) -> dict[str, Value]:
    """Return the deltas and quantiles of what came between two readings."""
    values = {}
    for name, spec in specs.items():
        if spec.delta or spec.quantiles:
            value = _grown(spec, _summed(before[name]), _summed(after[name]))
            if value is not None:
                values[name] = value
    return values


def gauges(specs: Mapping[str, MeasureSpec], reading: Reading) -> dict[str, float]:
    """Return the gauges of which the highest value is wanted, summed over the processes."""
    summed = {name: _summed(reading[name]) for name, spec in specs.items() if spec.max}
    return {name: groups[""] for name, groups in summed.items() if groups}


def ratios(specs: Mapping[str, MeasureSpec], values: Mapping[str, Value]) -> dict[str, float]:
    """Return the measures that divide others; absent where those are, or the denominator is 0."""
    known: dict[str, Value] = dict(values)
    found: dict[str, float] = {}
    for name, spec in specs.items():
        if spec.ratio and (ratio := _ratio(spec.ratio, known)) is not None:
            known[name] = found[name] = ratio
    return found


def total(value: Value) -> float:
    """Return a measure as one number: the sum of its groups."""
    return sum(value.values()) if isinstance(value, dict) else float(value)


def by_family(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `{"caching.hits": 1}` as `{"caching": {"hits": 1}}`."""
    families: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in values.items():
        family, _, measure = name.partition(".")
        families[family][measure] = value
    return dict(families)


def _by_name(samples: Iterable[MetricSample]) -> dict[str, list[MetricSample]]:
    names: dict[str, list[MetricSample]] = defaultdict(list)
    for sample in samples:
        names[sample.name].append(sample)
    return names


def _grouped(process: Mapping[str, Sequence[MetricSample]], spec: MeasureSpec) -> Groups:
    selector = parse_selector(spec.delta or spec.max or spec.quantiles)
    metric, label = (selector.name + "_bucket", "le") if spec.quantiles else (selector.name, spec.by)
    groups: Groups = defaultdict(float)
    for sample in process.get(metric, ()):
        if selector.matches(sample, metric):
            groups[sample.labels.get(label, "") if label else ""] += sample.value
    return dict(groups)


def _summed(processes: Iterable[Groups]) -> Groups:
    groups: Groups = defaultdict(float)
    for process in processes:
        for label, value in process.items():
            groups[label] += value
    return groups


def _fallen(specs: Mapping[str, MeasureSpec], before: Reading, after: Reading) -> set[str]:
    counters = [name for name, spec in specs.items() if spec.delta or spec.quantiles]
    return {
        name
        for name in counters
        for earlier, later in zip(before[name], after[name], strict=False)
        if sum(later.values()) < sum(earlier.values())
    }


def _grown(spec: MeasureSpec, before: Groups, after: Groups) -> Value | None:
    grown = {label: value - before.get(label, 0.0) for label, value in after.items()}
    if spec.quantiles:
        return _quantiles(sorted((float(edge), count) for edge, count in grown.items()))
    if spec.by:
        return grown or None
    return grown.get("")


def _ratio(names: Sequence[str], values: Mapping[str, Value]) -> float | None:
    if any(name not in values for name in names):
        return None
    numerator, *parts = (total(values[name]) for name in names)
    return numerator / sum(parts) if sum(parts) else None


def _quantiles(counts: Sequence[tuple[float, float]]) -> dict[str, float] | None:
    if not counts or counts[-1][1] <= 0:
        return None
    return {
        "p50": _interpolated(counts, 0.5),
        "p99": _interpolated(counts, 0.99),
        "max": _interpolated(counts, 1.0),
    }


def _interpolated(counts: Sequence[tuple[float, float]], q: float) -> float:
    """Linear inside a bucket, as Prometheus' histogram_quantile; the open bucket gives its lower edge."""
    rank = q * counts[-1][1]
    lower_edge, lower_count = 0.0, 0.0
    for edge, count in counts:
        if count >= rank:
            if edge == float("inf"):
                return lower_edge
            share = (rank - lower_count) / (count - lower_count) if count > lower_count else 1.0
            return lower_edge + (edge - lower_edge) * share
        lower_edge, lower_count = edge, count
    return lower_edge
