"""Lines and bars over an axis as a Vega-Lite specification, written as plain dictionaries.

The specification's reference is https://vega.github.io/vega-lite/docs/. A library that builds it costs a
second of import and says nothing more. Colours are the page's CSS variables, so a plot follows its theme, and
dashes tell the lines apart without colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, log10
from typing import Any

Spec = dict[str, Any]
Column = Sequence[float | None]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
COLOURS = ["var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)", "var(--series-5)"]
BAR_PIXELS = 26  # and a little room between two
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
        "columnPadding": 28,  # a still picture is laid out with another font than the page's
    },
}


@dataclass(frozen=True)
class Region:
    """A span of the x axis with a name, shaded."""

    start: float
    end: float
    name: str


@dataclass(frozen=True)
class LinePlot:
    """Named lines over common x values. None breaks a line.

    `x_told` is what each x value is called, under `x_name`, to whoever points at it; `unit` belongs to the y
    axis. `x` and `y` are further properties of the two encodings.
    """

    xs: Column
    lines: dict[str, Column]
    x_name: str
    x_told: Sequence[float]
    unit: str
    x: Spec
    y: Spec
    regions: Sequence[Region] = field(default_factory=tuple)

    def spec(self) -> Spec:
        """Return the specification; its width is the container's."""
        layers = [*(_region_layers(self.regions) if self.regions else ()), self._lines(), self._pointer()]
        return {
            "$schema": SCHEMA,
            "width": "container",
            "height": 200,
            "config": CONFIG,
            "layer": layers,
        }

    def _lines(self) -> Spec:
        values = [
            {"x": x, "line": name, "y": y}
            for name, column in self.lines.items()
            for x, y in zip(self.xs, column, strict=True)
        ]
        lone = len(self.xs) == 1  # a line needs two points to be seen
        return {
            "data": {"values": values},
            "mark": {"type": "line", "strokeWidth": 1.8, "point": lone},
            "encoding": {"x": self._x(), "y": {**_quantity("y"), **self.y}, **_tell_apart(list(self.lines))},
        }

    def _pointer(self) -> Spec:
        """Return a rule at the x value nearest to the pointer, which tells every line's value there."""
        values = [
            {"x": x, "told": told_x, **{f"y{n}": y for n, y in enumerate(ys)}}
            for x, told_x, *ys in zip(self.xs, self.x_told, *self.lines.values(), strict=True)
        ]
        unit = f" ({self.unit})" if self.unit else ""
        # Numbers only: at a nearest point Vega-Lite looks for text in the wrong place ("undefined").
        told = [{**_quantity("told"), "title": self.x_name, "format": ",.7~r"}]
        for n, name in enumerate(self.lines):
            told.append({**_quantity(f"y{n}"), "title": name + unit, "format": ",.4~r"})
        select = {
            "type": "point",
            "fields": ["x"],
            "nearest": True,
            "on": "pointerover",
            "clear": "pointerout",
        }
        pointed = {"condition": {"param": "pointer", "empty": False, "value": 0.6}, "value": 0}
        return {
            "data": {"values": values},
            "params": [{"name": "pointer", "select": select}],
            "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1},
            "encoding": {"x": self._x(), "opacity": pointed, "tooltip": told},
        }

    def _x(self) -> Spec:
        return {**_quantity("x"), **self.x}


@dataclass(frozen=True)
class BarPlot:
    """A horizontal bar for each name, made up of parts; `rest` is the part that is merely left over."""

    bars: dict[str, dict[str, float]]
    parts: list[str]
    unit: str
    rest: str

    def spec(self) -> Spec:
        """Return the specification; its width is the container's."""
        values = [
            {"bar": bar, "part": part, "order": self.parts.index(part), "x": float(f"{x:.4g}")}
            for bar, parts in self.bars.items()
            for part, x in parts.items()
        ]
        return {
            "$schema": SCHEMA,
            "width": "container",
            "height": BAR_PIXELS * len(self.bars),
            "config": {**CONFIG, "legend": {**CONFIG["legend"], "symbolType": "square", "symbolSize": 120}},
            "data": {"values": values},
            "mark": "bar",
            "encoding": {
                "x": {**_quantity("x"), **linear_axis(self.unit)},
                "y": {**_name("bar"), "title": None, "sort": None, "axis": {"labelLimit": 240}},
                "color": {**_name("part"), "scale": {"domain": self.parts, "range": self._colours()}},
                "order": _quantity("order"),
                "tooltip": [_name("bar"), _name("part"), {**_quantity("x"), "title": self.unit}],
            },
        }

    def _colours(self) -> list[str]:
        named = [part for part in self.parts if part != self.rest]
        colours = dict(zip(named, COLOURS, strict=False))
        return [colours.get(part, "var(--rule)") for part in self.parts]


def log_axis(title: str, columns: Iterable[Column]) -> Spec:
    """Return a logarithmic y axis just wide enough for the columns, with lines at 1, 2 and 5."""
    highest = max(value for column in columns for value in column if value is not None)
    decades = range(-3, ceil(log10(highest)) + 1)
    ticks = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    scale = {"type": "log", "nice": False, "padding": 8}
    return {"title": f"{title}, log scale", "scale": scale, "axis": {"format": ",~r", "values": ticks}}


def linear_axis(title: str, highest: float | None = None) -> Spec:
    """Return a y axis from zero, to `highest` when it is given."""
    scale: Spec = {"zero": True} if highest is None else {"domain": [0, highest]}
    return {"title": title or None, "scale": scale, "axis": {"format": ",~r", "tickCount": 5}}


def _quantity(name: str) -> Spec:
    return {"field": name, "type": "quantitative"}


def _name(name: str) -> Spec:
    return {"field": name, "type": "nominal"}


def _tell_apart(names: list[str]) -> Spec:
    legend: Spec | None = {} if len(names) > 1 else None
    ranges: dict[str, list[Any]] = {"color": COLOURS, "strokeDash": DASHES}
    return {
        channel: {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": names, "range": values[: len(names)]},
            "legend": legend,
        }
        for channel, values in ranges.items()
    }


def _region_layers(regions: Sequence[Region]) -> list[Spec]:
    data = {"values": [{"from": region.start, "to": region.end, "name": region.name} for region in regions]}
    shade = {"type": "rect", "color": "var(--region)"}
    label = {"type": "text", "align": "left", "baseline": "bottom", "dy": -2, "color": "var(--muted)"}
    x = _quantity("from")
    return [
        {"data": data, "mark": shade, "encoding": {"x": x, "x2": {"field": "to"}}},
        {"data": data, "mark": label, "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "name"}}},
    ]
