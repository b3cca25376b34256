"""The charts of a run: what each shows, as a Vega-Lite specification and as the table behind it.

Plain dictionaries (https://vega.github.io/vega-lite/docs/): a library that builds them costs a second of
import and says nothing more. Colours are the page's CSS variables, so a chart follows its theme; dashes say
the same without colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.run import Run
from loadstone.reports.seconds import Column, fold
from loadstone.reports.units import ABSENT, number_text, seconds_text, share_text

Spec = dict[str, Any]

COLOURS = ["var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)", "var(--series-5)"]
DASHES = [[1, 0], [6, 2], [2, 2], [8, 2, 2, 2], [1, 3]]
CONFIG: Spec = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "titleFontWeight": "normal",
        "gridColor": "var(--rule)",
        "domainColor": "var(--rule)",
        "tickColor": "var(--rule)",
        "labelFontSize": 12,
        "titleFontSize": 12,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "symbolType": "stroke",
        "symbolSize": 400,
        "symbolStrokeWidth": 2,
        "labelLimit": 240,
    },
}
_POINTS_SHOWN_UP_TO = 2  # a line needs two points to be seen
_CURVE_STEPS_A_NINE = 30
_LOG_FROM_SPREAD = 30


@dataclass(frozen=True)
class Chart:
    """One chart: its words, its specification (width `container`), and its numbers as text."""

    key: str
    title: str
    description: str
    spec: Spec
    header: list[str]
    rows: list[list[str]]
    wide: bool = True


@dataclass(frozen=True)
class _Unit:
    """How the numbers of an axis read."""

    title: str
    factor: float
    axis_format: str
    text: Any  # number → text of the table


_PER_SECOND = _Unit("per second", 1, "~s", number_text)
_PLAIN = _Unit("", 1, "~s", number_text)
_SHARE = _Unit("", 1, "~%", share_text)


def charts_of(run: Run) -> list[Chart]:
    """Return a chart for everything the record holds, in reading order; none for what was not measured."""
    columns, step_s = fold(run.timeline)
    times_s = columns.get("t_s")
    charts = [_percentile_curve(run)]
    if times_s:
        drawing = _TimeDrawing(run, columns, times_s, step_s)
        charts = [drawing.rates(), drawing.latencies(), *charts, drawing.lags(), drawing.in_flight()]
        charts += [drawing.measure(name) for name in columns if name != "t_s" and not _is_generators(name)]
    return [chart for chart in charts if chart]


def _is_generators(column: str) -> bool:
    return column.startswith(("arrivals.", "latency_s.", "lag_s."))


class _TimeDrawing:
    """Draws columns over the seconds of one run."""

    def __init__(self, run: Run, columns: dict[str, Column], times_s: Column, step_s: int) -> None:
        self._run = run
        self._columns = columns
        self._times_s = times_s
        self._note = f" Each point is {step_s} s: the worst second of latencies and lags, the mean of all else."
        if step_s == 1:
            self._note = ""
        self._closed = ", closed" if run.workload == "closed" else ""

    def rates(self) -> Chart | None:
        """Return arrivals planned, sent and done; dropped and failed ones only when there were any."""
        names = ["planned", "sent", "completed", "dropped", "errors"]
        present = [name for name in names if name in ("planned", "sent", "completed") or self._any("arrivals." + name)]
        return self._chart(
            "rates",
            "Arrivals: planned, sent, done",
            "A gap between planned and sent is the generator or its bound; between sent and completed, the system.",
            {name: f"arrivals.{name}" for name in present},
            _PER_SECOND,
        )

    def latencies(self) -> Chart | None:
        """Return the latency percentiles of each second."""
        return self._chart(
            "latency",
            f"Latency over time{self._closed}",
            "Percentiles of the requests planned in each second, from the planned start to the last byte.",
            {name + self._closed: f"latency_s.{name}" for name in ("p50", "p95", "p99", "max")},
            self._duration_unit("latency_s."),
            log=self._spread("latency_s.") > _LOG_FROM_SPREAD,
        )

    def lags(self) -> Chart | None:
        """Return how late the sends were, and whose fault it was."""
        return self._chart(
            "lag",
            "Lag of the sends, p99",
            "Wake lag is the generator being late, and spoils a measurement; queue lag is the system holding every "
            "user, and is part of the latency.",
            {"wake lag": "lag_s.wake_p99", "queue lag": "lag_s.queue_p99"},
            self._duration_unit("lag_s."),
        )

    def in_flight(self) -> Chart | None:
        """Return the requests in flight."""
        description = "A line that keeps rising says that the system does not keep up."
        return self._chart("in-flight", "In flight", description, {"in flight": "arrivals.in_flight"}, _PLAIN, wide=False)

    def measure(self, column: str) -> Chart | None:
        """Return one measure of a pattern; ratios and shares as per cent."""
        family, _, name = column.partition(".")
        words = name.replace("_", " ")
        unit = _SHARE if name.endswith(("ratio", "share")) else _PLAIN
        title = f"{family.replace('_', ' ').capitalize()}: {words}"
        return self._chart(column.replace(".", "-"), title, "", {words: column}, unit, wide=False)

    def _chart(
        self,
        key: str,
        title: str,
        description: str,
        series: dict[str, str],
        unit: _Unit,
        *,
        log: bool = False,
        wide: bool = True,
    ) -> Chart | None:
        present = {label: self._columns[column] for label, column in series.items() if column in self._columns}
        if not present:
            return None
        scaled = {label: _scaled(values, unit.factor) for label, values in present.items()}
        y = _y_axis(unit, log)
        x = {"title": "seconds after the warm-up", "axis": {"grid": False, "tickMinStep": 1, "tickCount": 12}, "scale": {"nice": False}}
        spec = _lines("t", self._times_s, scaled, x, y, unit, layers_below=self._regions())
        rows = [
            [number_text(t_s or 0), *(ABSENT if value is None else unit.text(value) for value in values)]
            for t_s, *values in zip(self._times_s, *present.values(), strict=True)
        ]
        return Chart(key, title, (description + self._note).strip(), spec, ["second", *present], rows, wide)

    def _regions(self) -> list[Spec]:
        first_s, last_s = self._times_s[0] or 0, self._times_s[-1] or 0
        regions = [{"from": first_s, "to": min(0, last_s), "what": "warm-up"}] if first_s < 0 else []
        for fault in self._run.faults:
            ends_s = min(last_s, fault["at_s"] + fault.get("for_s", 0))
            regions.append({"from": fault["at_s"], "to": ends_s, "what": str(fault["what"])})
        return _region_layers(regions) if regions else []

    def _any(self, column: str) -> bool:
        return any(self._columns.get(column, []))

    def _values(self, prefix: str) -> list[float]:
        columns = (values for name, values in self._columns.items() if name.startswith(prefix))
        return [value for values in columns for value in values if value]

    def _spread(self, prefix: str) -> float:
        values = self._values(prefix)
        return max(values) / min(values) if values else 1

    def _duration_unit(self, prefix: str) -> _Unit:
        return _duration_unit(max(self._values(prefix), default=1))


def _percentile_curve(run: Run) -> Chart | None:
    closed = ", closed" if run.workload == "closed" else ""
    names = {"latency": f"latency, from the planned start{closed}", "service_time": f"service time, from the send{closed}"}
    histograms = {label: _all_of(run, kind) for kind, label in names.items()}
    histograms = {label: histogram for label, histogram in histograms.items() if histogram.count >= 10}
    if not histograms:
        return None
    ranks = _ranks(max(histogram.count for histogram in histograms.values()))
    curves = {label: [h.reportable_quantile_s(1 - 1 / rank) for rank in ranks] for label, h in histograms.items()}
    unit = _duration_unit(max(value for curve in curves.values() for value in curve if value is not None))
    x = {
        "title": "percentile, one more nine at each step",
        "scale": {"type": "log", "nice": False},
        "axis": {"values": [2, 10, 100, 1000, 10_000, 100_000], "labelExpr": "format(1 - 1 / datum.value, '.5~%')"},
    }
    scaled = {label: _scaled(curve, unit.factor) for label, curve in curves.items()}
    spec = _lines("rank", ranks, scaled, x, _y_axis(unit, log=True), unit, tooltip_x=_percentiles(ranks))
    shown = [(q, 1 / (1 - q)) for q in (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)]
    rows = [
        [f"{q:.4g}", *(seconds_text(h.reportable_quantile_s(q)) for h in histograms.values())]
        for q, rank in shown
        if rank <= ranks[-1] * 1.001
    ]
    description = (
        "All requests of the run. Where the two curves part, requests waited before they could be sent; "
        "a measurement from the send alone would not show it."
    )
    return Chart("percentiles", "How slow are the slowest", description, spec, ["quantile", *histograms], rows)


def _all_of(run: Run, kind: str) -> LatencyHistogram:
    outcomes = (outcome for endpoint in run.histograms.values() for outcome in endpoint.values())
    return merged(LatencyHistogram.from_hdr_v2(kinds[kind]) for kinds in outcomes if kind in kinds)


def _ranks(count: int) -> list[float]:
    """Return 1/(1 − q) on a log axis, from the median's neighbourhood to the last percentile that count supports."""
    ranks, rank = [], 1.25
    while rank <= count / 10:
        ranks.append(rank)
        rank *= 10 ** (1 / _CURVE_STEPS_A_NINE)
    return [*ranks, count / 10]


def _percentiles(ranks: Iterable[float]) -> list[str]:
    return [f"{100 - 100 / rank:.6g} %" for rank in ranks]


def _duration_unit(longest_s: float) -> _Unit:
    name, factor = ("µs", 1e6) if longest_s < 1e-3 else ("ms", 1e3) if longest_s < 10 else ("s", 1.0)
    return _Unit(name, factor, ",~r", seconds_text)


def _scaled(values: Iterable[float | None], factor: float) -> Column:
    return [None if value is None else float(f"{value * factor:.4g}") for value in values]


def _y_axis(unit: _Unit, log: bool) -> Spec:
    title = f"{unit.title}, log scale" if log else unit.title or None
    scale: Spec = {"type": "log"} if log else {"zero": True}
    if unit is _SHARE:
        scale["domain"] = [0, 1]
    return {"title": title, "scale": scale, "axis": {"format": unit.axis_format, "tickCount": 5}}


def _lines(
    x_name: str,
    xs: Sequence[float | None],
    series: dict[str, Column],
    x: Spec,
    y: Spec,
    unit: _Unit,
    *,
    layers_below: Sequence[Spec] = (),
    tooltip_x: Sequence[str] = (),
) -> Spec:
    """Return lines over one axis, and a rule at the pointer that tells every line's value there."""
    points = [{"x": at, "series": label, "y": value} for label, values in series.items() for at, value in zip(xs, values, strict=True)]
    x_axis = {"field": "x", "type": "quantitative", **x}
    lines = {
        "data": {"values": points},
        "mark": {"type": "line", "strokeWidth": 1.8, "point": len(xs) < _POINTS_SHOWN_UP_TO},
        "encoding": {"x": x_axis, "y": {"field": "y", "type": "quantitative", **y}, **_series_encoding(list(series))},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 200,
        "config": CONFIG,
        "layer": [*layers_below, lines, _pointer_layer(x_name, xs, series, x_axis, unit, tooltip_x)],
    }


def _series_encoding(labels: list[str]) -> Spec:
    legend = {} if len(labels) > 1 else None
    scales = {"color": COLOURS, "strokeDash": DASHES}
    return {
        channel: {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": labels, "range": values[: len(labels)]},
            "legend": legend,
        }
        for channel, values in scales.items()
    }


def _pointer_layer(
    x_name: str, xs: Sequence[float | None], series: dict[str, Column], x_axis: Spec, unit: _Unit, tooltip_x: Sequence[str]
) -> Spec:
    told = tooltip_x or [number_text(at or 0) for at in xs]
    rows = [
        {"x": at, "told": text, **{f"y{n}": value for n, value in enumerate(values)}}
        for at, text, *values in zip(xs, told, *series.values(), strict=True)
    ]
    first = {"field": "told", "title": "percentile" if tooltip_x else "second"}
    number_format = ".1%" if unit is _SHARE else ",.4~r"
    suffix = f" ({unit.title})" if unit.title else ""
    tooltip = [first] + [
        {"field": f"y{n}", "type": "quantitative", "title": label + suffix, "format": number_format}
        for n, label in enumerate(series)
    ]
    pointed = {"condition": {"param": "pointer", "empty": False, "value": 0.6}, "value": 0}
    select = {"type": "point", "fields": ["x"], "nearest": True, "on": "pointerover", "clear": "pointerout"}
    return {
        "data": {"values": rows},
        "params": [{"name": "pointer", "select": select}],
        "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1},
        "encoding": {"x": x_axis, "opacity": pointed, "tooltip": tooltip},
    }


def _region_layers(regions: list[Spec]) -> list[Spec]:
    x = {"field": "from", "type": "quantitative"}
    return [
        {
            "data": {"values": regions},
            "mark": {"type": "rect", "color": "var(--region)", "tooltip": None},
            "encoding": {"x": x, "x2": {"field": "to"}},
        },
        {
            "data": {"values": regions},
            "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "dy": 3, "color": "var(--muted)"},
            "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "what"}},
        },
    ]
