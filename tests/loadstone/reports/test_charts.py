import pytest

from loadstone.records.histogram import LatencyHistogram
from loadstone.records.run import Run, Timeline
from loadstone.reports.charts import Chart, charts_of
from tests.loadstone.reports import sample


def charts_by_key(run: Run) -> dict[str, Chart]:
    return {chart.key: chart for chart in charts_of(run)}


def test_the_generators_columns_and_the_shares_have_charts_in_reading_order() -> None:
    assert list(charts_by_key(sample.passing_run())) == [
        "rates",
        "latency",
        "percentiles",
        "breakdown",
        "lag",
        "in-flight",
        "processor",
        "caching.hit_ratio",
        "replica_routing.replica_share",
    ]


def test_what_was_not_measured_is_not_drawn() -> None:
    run = sample.passing_run()
    run.timeline = Timeline(
        {"t_s": [0.0, 1.0], "latency_s.p50": [0.1, 0.2], "caching.hit_ratio": [None, None]}
    )
    run.histograms = {}
    assert list(charts_by_key(run)) == ["latency"]
    assert charts_by_key(run)["latency"].header == ["second", "p50"]


def test_a_share_that_stayed_zero_is_not_drawn() -> None:
    run = sample.passing_run()
    run.timeline.columns["caching.hit_ratio"] = [0.0] * 35
    assert "caching.hit_ratio" not in charts_by_key(run)


def test_an_empty_record_has_no_charts() -> None:
    assert charts_of(sample.empty_run()) == []


def test_dropped_arrivals_are_drawn_only_when_there_were_any() -> None:
    run = sample.passing_run()
    assert charts_by_key(run)["rates"].header == ["second", "planned", "sent", "completed"]
    run.timeline.columns["arrivals.dropped"][7] = 3.0
    assert charts_by_key(run)["rates"].header == ["second", "planned", "sent", "completed", "dropped"]


def test_the_table_behind_a_chart_holds_what_the_lines_show() -> None:
    chart = charts_by_key(sample.passing_run())["replica_routing.replica_share"]
    *_, lines, _pointer = chart.spec["layer"]
    drawn = [(point["x"], point["y"]) for point in lines["data"]["values"]]
    told = [
        (float(second), None if text == "–" else float(text.removesuffix(" %")))
        for second, text in chart.rows
    ]
    assert len(told) == 35
    assert (9.0, None) in told
    for (drawn_x, drawn_y), (told_x, told_y) in zip(drawn, told, strict=True):
        assert drawn_x == told_x
        assert drawn_y == (told_y if told_y is None else pytest.approx(told_y, abs=0.06))


def test_lines_differ_by_dash_as_well_as_by_colour() -> None:
    lines = [chart for chart in charts_of(sample.passing_run()) if chart.key != "breakdown"]
    for chart in lines:
        encoding = chart.spec["layer"][-2]["encoding"]
        for channel in ("color", "strokeDash"):
            values = [str(value) for value in encoding[channel]["scale"]["range"]]
            assert len(set(values)) == len(encoding[channel]["scale"]["domain"])


def test_the_warm_up_and_the_faults_are_shaded() -> None:
    shade, _label, *_ = charts_by_key(sample.invalid_run())["rates"].spec["layer"]
    assert shade["data"]["values"] == [
        {"from": -5.0, "to": 0, "name": "warm-up"},
        {"from": 16, "to": 18, "name": "pause the primary"},
    ]


def test_the_percentile_curve_is_the_merged_histogram_and_ends_where_samples_do() -> None:
    run = sample.passing_run()
    everything = LatencyHistogram()
    for outcomes in run.histograms.values():
        everything.merge(LatencyHistogram.from_hdr_v2(outcomes["ok"]["latency_s"]))
    *_, lines, _pointer = charts_by_key(run)["percentiles"].spec["layer"]
    curve = {p["x"]: p["y"] for p in lines["data"]["values"] if p["line"].startswith("latency")}
    p99_s = everything.quantile_s(0.99)
    assert p99_s is not None
    assert curve[100] == pytest.approx(p99_s * 1000, rel=1e-3)
    assert max(curve) == everything.count / 10


def test_a_long_run_is_drawn_with_a_bounded_number_of_points() -> None:
    run = sample.passing_run()
    run.timeline = sample.timeline(seconds=3605)
    chart = charts_by_key(run)["latency"]
    assert len(chart.rows) <= 300
    assert "A point is 13 s: the worst of latencies" in chart.description


def test_a_coarse_timeline_is_drawn_per_second_all_the_same() -> None:
    run = sample.passing_run()
    run.timeline = Timeline({"t_s": [0.0, 16.0], "arrivals.sent": [1600.0, 3200.0]}, step_s=16)
    chart = charts_by_key(run)["rates"]
    assert chart.rows == [["0", "100"], ["16", "200"]]
    assert "A point is 16 s" in chart.description


def test_an_invalid_run_has_no_chart_of_latencies() -> None:
    assert {"latency", "percentiles", "breakdown"}.isdisjoint(charts_by_key(sample.invalid_run()))


def test_a_closed_run_has_one_curve_and_no_plan_in_its_charts() -> None:
    charts = charts_by_key(sample.closed_run())
    assert charts["percentiles"].header == ["percentile", "service time, from the send, closed"]
    assert charts["percentiles"].title == "How slow the slowest are (closed, 50 users)"
    assert charts["breakdown"].spec["encoding"]["tooltip"][-1]["title"] == "ms, closed"
    assert charts["rates"].header == ["second", "completed"]
    assert charts["lag"].header == ["second", "canary lag"]


def test_the_bars_of_the_breakdown_are_as_long_as_the_mean_service_time() -> None:
    run = sample.passing_run()
    bars = charts_by_key(run)["breakdown"].spec["data"]["values"]
    service_time = LatencyHistogram.from_hdr_v2(run.histograms["GET /feed"]["ok"]["service_time_s"])
    parts = {bar["part"]: bar["x"] for bar in bars if bar["bar"] == "GET /feed"}
    assert list(parts) == ["sql", "redis", "render", "the rest"]
    assert service_time.mean_s is not None
    assert sum(parts.values()) == pytest.approx(service_time.mean_s * 1000, rel=1e-3)
