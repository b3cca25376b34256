from typing import Any

import pytest

from loadstone.analysis.validity import invalid_reasons
from loadstone.records.histogram import LatencyHistogram


def lag(duration_s: float) -> LatencyHistogram:
    histogram = LatencyHistogram()
    histogram.record(duration_s)
    return histogram


def reasons(**changes: Any) -> list[str]:
    healthy: dict[str, Any] = {
        "wake_lags": [lag(0.0001)] * 30,
        "typical_latency_s": 0.002,
        "cpu_shares": [0.3] * 30,
        "lost_messages": 0,
        "recorder_errors": [],
        "lost_workers": [],
    }
    return invalid_reasons(**{**healthy, **changes})


def test_a_quiet_generator_is_valid() -> None:
    assert reasons() == []


def test_one_bad_second_of_a_shared_machine_proves_nothing() -> None:
    assert reasons(wake_lags=[lag(0.5)] + [lag(0.0001)] * 29, cpu_shares=[1.0] + [0.3] * 29) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wake_lags": [lag(0.005)] * 16 + [lag(0.0001)] * 14}, "the generator was late"),
        ({"cpu_shares": [0.95] * 16 + [0.3] * 14}, "the generator was the limit"),
        ({"lost_messages": 2}, "2 messages"),
        ({"recorder_errors": ["boom"]}, "boom"),
        ({"lost_workers": [3]}, "worker 3"),
    ],
)
def test_what_makes_a_run_invalid_is_said(changes: dict[str, Any], said: str) -> None:
    (reason,) = reasons(**changes)
    assert said in reason


def test_a_slow_system_allows_a_later_generator() -> None:
    assert reasons(wake_lags=[lag(0.005)] * 30, typical_latency_s=0.1) == []
