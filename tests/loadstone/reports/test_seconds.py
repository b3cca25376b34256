from hypothesis import given
from hypothesis import strategies as st

from loadstone.records.run import Timeline
from loadstone.reports.seconds import fold


def test_a_short_timeline_stays_as_it_is() -> None:
    columns: dict[str, list[float | None]] = {"t_s": [-1.0, 0.0], "latency_s.p99": [0.1, None]}
    assert fold(Timeline(dict(columns)), limit=2) == (columns, 1)


def test_a_long_timeline_keeps_the_worst_latency_and_the_mean_rate() -> None:
    timeline = Timeline(
        {
            "t_s": [0.0, 1.0, 2.0, 3.0, 4.0],
            "arrivals.sent": [10.0, 20.0, 30.0, None, 50.0],
            "latency_s.p99": [0.1, 0.9, 0.2, 0.3, None],
            "lag_s.wake_p99": [0.0, 0.2, 0.1, 0.0, 0.3],
        }
    )
    assert fold(timeline, limit=3) == (
        {
            "t_s": [0.0, 2.0, 4.0],
            "arrivals.sent": [15.0, 30.0, 50.0],
            "latency_s.p99": [0.9, 0.3, None],
            "lag_s.wake_p99": [0.2, 0.1, 0.3],
        },
        2,
    )


def test_arrivals_of_a_coarse_timeline_are_told_per_second() -> None:
    timeline = Timeline({"t_s": [0.0, 8.0, 16.0], "arrivals.sent": [80.0, 160.0, 8.0]}, step_s=8)
    assert fold(timeline, limit=2) == ({"t_s": [0.0, 16.0], "arrivals.sent": [15.0, 1.0]}, 16)


def test_a_column_that_was_never_measured_is_left_out() -> None:
    columns, _ = fold(Timeline({"t_s": [0.0], "caching.hit_ratio": [None]}))
    assert list(columns) == ["t_s"]


def test_an_empty_timeline_has_no_columns() -> None:
    assert fold(Timeline()) == ({}, 1)


@given(st.lists(st.none() | st.floats(0, 60), min_size=1, max_size=50), st.integers(1, 20))
def test_no_limit_hides_the_worst_second(latencies_s: list[float | None], limit: int) -> None:
    columns, _ = fold(Timeline({"latency_s.max": latencies_s}), limit)
    folded = columns.get("latency_s.max", [])
    assert len(folded) <= limit
    measured = [value for value in latencies_s if value is not None]
    assert max((v for v in folded if v is not None), default=None) == max(measured, default=None)
