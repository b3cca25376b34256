"""From scraped metrics to the record's `patterns`: deltas, ratios, maxima and quantiles."""

import itertools
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


def went_backwards(scrapes: Sequence[Scrape], specs: Mapping[str, MeasureSpec]) -> list[str]:
    """Return the measures whose counters fell in some process: it restarted, so its delta is partial."""
    fallen = []
    for name, spec in specs.items():
        if not (text := spec.delta or spec.quantiles):
            continue
        selector = parse_selector(text)
        metric = selector.name if spec.delta else selector.name + "_bucket"
        totals = [[_total(process, selector, metric) for process in scrape.processes] for scrape in scrapes]
        pairs = itertools.pairwise(totals)
        if any(later < earlier for a, b in pairs for earlier, later in zip(a, b, strict=False)):
            fallen.append(name)
    return fallen


def evaluate(specs: Mapping[str, MeasureSpec], scrapes: Sequence[Scrape]) -> dict[str, Value]:
    """Return every measure between the first and the last scrape; what has no data is absent.

    `max` looks at all scrapes; a `by` delta is a mapping; quantiles are `p50`, `p99` and `max` in the
    histogram's unit.
    """
    if len(scrapes) < 2:
        return {}
    values: dict[str, Value] = {}
    for name, spec in specs.items():
        if (value := _direct(spec, scrapes)) is not None:
            values[name] = value
    for name, spec in specs.items():
        if spec.ratio and (ratio := _ratio(spec.ratio, values)) is not None:
            values[name] = ratio
    return values


def by_family(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `{"caching.hits": 1}` as `{"caching": {"hits": 1}}`."""
    families: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in values.items():
        family, _, measure = name.partition(".")
        families[family][measure] = value
    return dict(families)


def _direct(spec: MeasureSpec, scrapes: Sequence[Scrape]) -> Value | None:
    if spec.delta:
        return _delta(spec, scrapes)
    if spec.max:
        selector = parse_selector(spec.max)
        peaks = [_summed(scrape, selector, selector.name) for scrape in scrapes]
        return max((peak for peak in peaks if peak is not None), default=None)
    if spec.quantiles:
        return _quantiles(parse_selector(spec.quantiles), scrapes[0], scrapes[-1])
    return None


def _delta(spec: MeasureSpec, scrapes: Sequence[Scrape]) -> Value | None:
    selector = parse_selector(spec.delta)
    if not spec.by:
        last = _summed(scrapes[-1], selector, selector.name)
        return None if last is None else last - (_summed(scrapes[0], selector, selector.name) or 0.0)
    before, after = (_grouped(scrape, selector, spec.by) for scrape in (scrapes[0], scrapes[-1]))
    return {label: value - before.get(label, 0.0) for label, value in after.items()} or None


def _ratio(names: Sequence[str], values: Mapping[str, Value]) -> float | None:
    numbers = [values.get(name) for name in names]
    if any(number is None for number in numbers):
        return None
    totals = [sum(n.values()) if isinstance(n, dict) else float(n or 0.0) for n in numbers]
    denominator = sum(totals[1:])
    return totals[0] / denominator if denominator else None


def _summed(scrape: Scrape, selector: Selector, name: str) -> float | None:
    values = [s.value for process in scrape.processes for s in process if selector.matches(s, name)]
    return sum(values) if values else None


def _total(process: Iterable[MetricSample], selector: Selector, name: str) -> float:
    return sum(sample.value for sample in process if selector.matches(sample, name))


def _grouped(scrape: Scrape, selector: Selector, label: str) -> dict[str, float]:
    groups: dict[str, float] = defaultdict(float)
    for process in scrape.processes:
        for sample in process:
            if selector.matches(sample, selector.name):
                groups[sample.labels.get(label, "")] += sample.value
    return dict(groups)


def _quantiles(selector: Selector, first: Scrape, last: Scrape) -> dict[str, float] | None:
    before, after = (_buckets(scrape, selector) for scrape in (first, last))
    counts = sorted((edge, count - before.get(edge, 0.0)) for edge, count in after.items())
    if not counts or counts[-1][1] <= 0:
        return None
    return {
        "p50": _interpolated(counts, 0.5),
        "p99": _interpolated(counts, 0.99),
        "max": _interpolated(counts, 1.0),
    }


def _buckets(scrape: Scrape, selector: Selector) -> dict[float, float]:
    edges: dict[float, float] = defaultdict(float)
    for process in scrape.processes:
        for sample in process:
            if selector.matches(sample, selector.name + "_bucket"):
                edges[float(sample.labels["le"])] += sample.value
    return dict(edges)


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
