"""The charts of a run: what each shows, as a Vega-Lite specification and as the table behind it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, log10

from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.run import Run
from loadstone.reports.breakdown import OUTCOMES, REST, breakdown
from loadstone.reports.plots import BarPlot, Column, LinePlot, Region, Spec, linear_axis, log_axis
from loadstone.reports.seconds import fold
from loadstone.reports.sentences import closed_remark, closed_text
from loadstone.reports.units import ABSENT, number_text, seconds_text, share_text

_LOG_FROM_SPREAD = 30  # largest ÷ smallest duration from which a linear axis would hide the small ones
_POINTS_A_NINE = 30
_SHARES = ("_ratio", "_share")  # columns that are a pattern's share of something

_TIME_AXIS: Spec = {
    "title": "seconds after the warm-up",
    "axis": {"grid": False, "tickMinStep": 1, "tickCount": 12},
    "scale": {"nice": False},
}
_NINES_AXIS: Spec = {
    "title": "percentile, one more nine at each step",
    "axis": {
        "values": [2, *(10**nines for nines in range(1, 8))],
        "labelExpr": "format(100 - 100 / datum.value, '.7~r') + ' %'",
    },
    "scale": {"type": "log", "nice": False},
}


@dataclass(frozen=True)
class Chart:
    """One chart: its words, its specification, and its numbers as text, a row for each x value."""

    key: str
    title: str
    description: str
    spec: Spec
    header: list[str]
    rows: list[list[str]]
    wide: bool = True


@dataclass(frozen=True)
class _Unit:
    """How numbers read: multiplied by `factor` on the axis, by `text` in the table."""

    name: str
    factor: float
    text: Callable[[float | None], str]
    highest: float | None = None  # where the axis ends, if it does not depend on the numbers

    def scaled(self, values: Column) -> Column:
        return [None if value is None else float(f"{value * self.factor:.4g}") for value in values]


def _number_or_absent(number: float | None) -> str:
    return ABSENT if number is None else number_text(number)


_PER_SECOND = _Unit("per second", 1, _number_or_absent)
_BARE = _Unit("", 1, _number_or_absent)
_SHARE = _Unit("%", 100, share_text, highest=100)
_CORES = _Unit("% of a core", 100, share_text)
_OVER_TIME = ("p50", "p95", "p99", "max")


def charts_of(run: Run) -> list[Chart]:
    """Return a chart for everything the record holds, in reading order; none for what was not measured."""
    over_time = _TimeCharts(run)
    charts = [
        over_time.rates(),
        over_time.latencies(),
        _percentiles(run),
        _breakdown(run),
        over_time.lags(),
        over_time.in_flight(),
        over_time.processor(),
    ]
    return [chart for chart in [*charts, *over_time.shares()] if chart]


class _TimeCharts:
    """Charts over the seconds of one run; each is None when its columns were not measured."""

    def __init__(self, run: Run) -> None:
        self._columns, step_s = fold(run.timeline)
        self._times_s = [t_s or 0 for t_s in self._columns.get("t_s", [])]
        self._regions = _regions(run, self._times_s)
        self._closed = closed_text(run)
        self._note = ""
        if step_s > 1:
            self._note = f" A point is {step_s} s: the worst of latencies and lags, the mean of all else."

    def rates(self) -> Chart | None:
        """Return arrivals planned, sent and done; dropped and failed ones when there were any."""
        rare = [name for name in ("dropped", "errors") if any(self._columns.get(f"arrivals.{name}", []))]
        names = ["completed", *rare] if self._closed else ["planned", "sent", "completed", *rare]
        return self._chart(
            "rates",
            "Requests" if self._closed else "Arrivals: planned, sent, done",
            "As many as the users found time for."
            if self._closed
            else "Planned but not sent: the in-flight bound. Sent but not completed: the system.",
            {name: f"arrivals.{name}" for name in names},
            _PER_SECOND,
        )

    def latencies(self) -> Chart | None:
        """Return the latency percentiles of each second."""
        return self._chart(
            "latency",
            f"Latency over time ({self._closed})" if self._closed else "Latency over time",
            "Percentiles of the requests of each second, from the "
            + ("send to the last byte." if self._closed else "planned start to the last byte."),
            {f"{name}, closed" if self._closed else name: f"latency_s.{name}" for name in _OVER_TIME},
        )

    def lags(self) -> Chart | None:
        """Return how late the sends were, and whose fault it was."""
        return self._chart(
            "lag",
            "Lag, p99",
            "Wake lag is the generator late for the plan, canary lag the generator too busy to see an "
            "answer: both spoil a measurement. Queue lag is the system keeping every user busy, and is part "
            "of the latency.",
            {
                "wake lag": "lag_s.wake_p99",
                "canary lag": "lag_s.canary_p99",
                "queue lag": "lag_s.queue_p99",
            },
        )

    def in_flight(self) -> Chart | None:
        """Return the requests in flight."""
        return self._chart(
            "in-flight",
            "In flight",
            "A line that keeps rising says that the system does not keep up.",
            {"in flight": "arrivals.in_flight"},
            _BARE,
            wide=False,
        )

    def processor(self) -> Chart | None:
        """Return how much of a core the generator used."""
        return self._chart(
            "processor",
            "The generator's processor",
            "Of one core, the busiest worker. Above 80 % for most of a run, the generator was the limit.",
            {"processor": "generator.cpu_share"},
            _CORES,
            wide=False,
        )

    def shares(self) -> list[Chart | None]:
        """Return one chart for each share of a pattern that was ever above zero.

        Shares say how a pattern's behaviour changed; of counts the sums in the table say enough.
        """
        shares = [n for n in self._columns if n.endswith(_SHARES) and not n.startswith("generator.")]
        return [self._share(name) for name in shares if any(self._columns[name])]

    def _share(self, column: str) -> Chart | None:
        family, _, name = column.partition(".")
        words = name.replace("_", " ")
        return self._chart(column, f"{family}: {words}", "", {words: column}, _SHARE, wide=False)

    def _chart(
        self,
        key: str,
        title: str,
        description: str,
        sources: dict[str, str],
        unit: _Unit | None = None,
        *,
        wide: bool = True,
    ) -> Chart | None:
        """Return the columns that are there, named as in `sources`; durations unless a unit is given."""
        measured = {
            name: self._columns[source] for name, source in sources.items() if source in self._columns
        }
        if not self._times_s or not measured:
            return None
        log = unit is None and _spread(measured.values()) > _LOG_FROM_SPREAD
        unit = unit or _duration_unit(measured.values())
        lines = {name: unit.scaled(values) for name, values in measured.items()}
        y = log_axis(unit.name, lines.values()) if log else linear_axis(unit.name, unit.highest)
        plot = LinePlot(
            self._times_s, lines, "second", self._times_s, unit.name, _TIME_AXIS, y, self._regions
        )
        rows = _rows(map(number_text, self._times_s), measured.values(), unit)
        return Chart(
            key, title, (description + self._note).strip(), plot.spec(), ["second", *measured], rows, wide
        )


def _percentiles(run: Run) -> Chart | None:
    """Return latency beside service time over all requests, the percentile on an axis of nines.

    In a closed workload they are the same.
    """
    histograms = {name: _all_requests(run, kind) for kind, name in _curve_names(run).items()}
    count = min(histogram.count for histogram in histograms.values())
    if count < 20 or not run.valid:  # not even a median; nothing to be told
        return None
    ranks = _ranks(count)
    percentiles = [100 - 100 / rank for rank in ranks]
    curves = {
        name: [h.reportable_quantile_s(1 - 1 / rank) for rank in ranks] for name, h in histograms.items()
    }
    unit = _duration_unit(curves.values())
    lines = {name: unit.scaled(curve) for name, curve in curves.items()}
    y = log_axis(unit.name, lines.values())
    plot = LinePlot(ranks, lines, "percentile", percentiles, unit.name, _NINES_AXIS, y)
    closed = closed_text(run)
    return Chart(
        "percentiles",
        f"How slow the slowest are ({closed})" if closed else "How slow the slowest are",
        closed_remark(run)
        or "All requests of the run. Where the two curves part, requests waited before they could be sent; "
        "a measurement from the send alone would not show it.",
        plot.spec(),
        ["percentile", *histograms],
        _rows((f"{percentile:.6g} %" for percentile in percentiles), curves.values(), unit),
    )


def _curve_names(run: Run) -> dict[str, str]:
    if run.workload == "closed":
        return {"service_time_s": "service time, from the send, closed"}
    return {"latency_s": "latency, from the planned start", "service_time_s": "service time, from the send"}


def _breakdown(run: Run) -> Chart | None:
    """Return the mean service time of each endpoint, made up of the parts that the server told of."""
    shares_s = breakdown(run) if run.valid else {}
    if not shares_s:
        return None
    unit = _duration_unit([[sum(parts.values())] for parts in shares_s.values()])
    names = sorted({part: None for parts in shares_s.values() for part in parts}, key=REST.__eq__)
    scaled = {name: {p: s * unit.factor for p, s in parts.items()} for name, parts in shares_s.items()}
    closed = closed_text(run)
    columns = [[parts.get(name) for parts in shares_s.values()] for name in names]
    return Chart(
        "breakdown",
        f"Where the time went ({closed})" if closed else "Where the time went",
        "Mean time of a request, from the send to the last byte, in the parts that the server told of in "
        "Server-Timing. The rest is the network, the generator, and what the server did not tell.",
        BarPlot(scaled, names, f"{unit.name}, closed" if closed else unit.name, REST).spec(),
        ["endpoint", *names],
        _rows(shares_s, columns, unit),
    )


def _all_requests(run: Run, kind: str) -> LatencyHistogram:
    endpoints = run.histograms.values()
    encoded = [endpoint[name][kind] for endpoint in endpoints for name in OUTCOMES if name in endpoint]
    return merged(map(LatencyHistogram.from_hdr_v2, encoded))


def _ranks(count: int) -> list[float]:
    """Return values of 1/(1 − q), even on a log axis, up to the last that `count` samples support."""
    last = count / 10
    steps = range(3, ceil(_POINTS_A_NINE * log10(last)))  # from the 20th percentile on
    return [*(10 ** (step / _POINTS_A_NINE) for step in steps), last]


def _regions(run: Run, times_s: list[float]) -> list[Region]:
    """Return the warm-up and the faults, as far as they lie within the times."""
    if not times_s:
        return []
    first_s, last_s = times_s[0], times_s[-1]
    spans = [Region(first_s, 0, "warm-up")] if first_s < 0 else []
    spans += [Region(f["at_s"], f["at_s"] + f.get("for_s", 0), str(f["what"])) for f in run.faults]
    return [Region(span.start, min(span.end, last_s), span.name) for span in spans if span.start <= last_s]


def _rows(names: Iterable[str], columns: Iterable[Column], unit: _Unit) -> list[list[str]]:
    return [[name, *map(unit.text, ys)] for name, *ys in zip(names, *columns, strict=True)]


def _duration_unit(columns: Iterable[Column]) -> _Unit:
    longest_s = max(_positive(columns), default=1)
    name, factor = ("µs", 1e6) if longest_s < 1e-3 else ("ms", 1e3) if longest_s < 10 else ("s", 1.0)
    return _Unit(name, factor, seconds_text)


def _spread(columns: Iterable[Column]) -> float:
    values = _positive(columns)
    return max(values) / min(values) if values else 1


def _positive(columns: Iterable[Column]) -> list[float]:
    return [value for column in columns for value in column if value]
