from dataclasses import replace

import pytest

from loadstone.records.pressure import Pressure, changes, disturbances, pressure

QUIET = Pressure(
    at_s=100.0,
    steal_s=7.0,
    context_switches=1000,
    throttled_periods=2,
    throttled_s=0.5,
    cpu_stalled_s=30.0,
    thermal_throttles=1,
    listen_overflows=5,
    load_average_1m=0.2,
    time_wait_share=0.1,
    governor="performance",
    rss_bytes=1_000_000,
)
LATER = replace(QUIET, at_s=110.0)


def test_a_quiet_machine_disturbs_nothing() -> None:
    assert disturbances(QUIET, LATER, cores=2) == []


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"throttled_periods": 3, "throttled_s": 0.75}, "throttled during the run, for 0.25 s"),
        ({"steal_s": 7.3}, "took 1.5% of the processors"),
        ({"cpu_stalled_s": 32.0}, "during 20% of the run"),
        ({"thermal_throttles": 2}, "too hot"),
        ({"listen_overflows": 7}, "2 connections overflowed"),
        ({"time_wait_share": 0.6}, "60% of the ports"),
        ({"governor": "powersave"}, "governor powersave"),
    ],
)
def test_what_went_wrong_during_the_run_is_one_warning(changed: dict[str, float], word: str) -> None:
    (warning,) = disturbances(QUIET, replace(LATER, **changed), cores=2)  # type: ignore[arg-type]
    assert word in warning


def test_a_machine_busy_before_the_run_is_a_warning() -> None:
    (warning,) = disturbances(replace(QUIET, load_average_1m=1.2), LATER, cores=2)
    assert "load average 1.2" in warning


def test_load_that_came_with_the_run_is_none() -> None:
    assert disturbances(QUIET, replace(LATER, load_average_1m=9.0), cores=2) == []


def test_changes_are_what_the_totals_grew_by_and_the_state_at_the_end() -> None:
    change = changes(QUIET, replace(LATER, context_switches=1500, rss_bytes=2_000_000))
    assert change["elapsed_s"] == 10
    assert change["context_switches"] == 500
    assert change["steal_s"] == 0
    assert change["rss_bytes"] == 2_000_000


def test_what_is_not_visible_is_absent_and_no_warning() -> None:
    blind = Pressure(at_s=0.0)
    assert set(changes(blind, replace(blind, at_s=1.0))) == {"elapsed_s", "load_average_1m", "rss_bytes"}
    assert disturbances(blind, replace(blind, at_s=1.0), cores=2) == []


def test_totals_of_this_machine_never_fall() -> None:
    before, after = pressure(), pressure()
    assert all(value >= 0 for value in changes(before, after).values())
