from collections.abc import Callable

import pytest

from loadstone.analysis.remarks import Remarks
from loadstone.analysis.summaries import Tally
from loadstone.analysis.validity import bound_warnings, invalid_reasons, lateness_warnings
from loadstone.analysis.workers import WorkerLedger
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState, LoadMessage, Row

SECONDS = 30


def worker(
    number: int = 0, bad_seconds: int = 0, wake_s: float = 1e-4, canary_s: float = 1e-4
) -> WorkerLedger:
    """A worker with these lags in its bad seconds."""
    ledger = WorkerLedger(number)
    ledger.hear(LoadMessage("final", number, 0, 1.0))
    for second in range(SECONDS):
        bad, row = second < bad_seconds, Row(second)
        row.wake_lag.record(wake_s if bad else 1e-4)
        row.canary_lag.record(canary_s if bad else 1e-4)
        ledger.judge_lags([row])
        ledger.judge_cpu(0.3)
    return ledger


def busy_worker(bad_seconds: int) -> WorkerLedger:
    ledger = WorkerLedger(0)
    ledger.hear(LoadMessage("final", 0, 0, 1.0))
    for second in range(SECONDS):
        ledger.judge_cpu(0.95 if second < bad_seconds else 0.3)
    return ledger


def heard(*messages: LoadMessage) -> WorkerLedger:
    ledger = WorkerLedger(0)
    for message in messages:
        ledger.hear(message)
    return ledger


def reasons(*workers: WorkerLedger, typical_latency_s: float = 0.002, error: str = "") -> list[str]:
    errors = Remarks()
    if error:
        errors.add(error)
    return invalid_reasons(workers, typical_latency_s=typical_latency_s, recorder_errors=errors, ended=True)


def test_a_quiet_generator_is_valid() -> None:
    assert reasons(worker(0), worker(1)) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda seconds: worker(bad_seconds=seconds, wake_s=0.5),
        lambda seconds: worker(bad_seconds=seconds, canary_s=0.5),
        busy_worker,
    ],
    ids=["wake lag", "canary lag", "processor"],
)
def test_the_generator_was_the_limit_when_most_seconds_were_bad(make: Callable[[int], WorkerLedger]) -> None:
    assert reasons(make(SECONDS // 2)) == []
    (reason,) = reasons(make(SECONDS // 2 + 1))
    assert reason.startswith("the generator was the limit: ")
    assert "in 53% of the seconds" in reason


def test_one_bad_worker_of_several_is_enough_and_is_named() -> None:
    (reason,) = reasons(worker(0), worker(1, bad_seconds=SECONDS, wake_s=0.01), worker(2))
    assert reason.endswith("wake lag p99 above 2.0 ms in 100% of the seconds (load worker 1).")


def test_a_slow_system_allows_a_later_generator() -> None:
    late = worker(bad_seconds=SECONDS, wake_s=0.005)
    assert reasons(late, typical_latency_s=0.1) == []
    assert len(reasons(late, typical_latency_s=0.002)) == 1


def test_a_worker_that_stood_still_is_named_with_the_length() -> None:
    messages = [
        LoadMessage("started", 0, 0, 100.0, name="host:17"),
        LoadMessage("progress", 0, 1, 105.2),
        LoadMessage("final", 0, 2, 105.9),
    ]
    assert reasons(heard(*messages)) == ["load worker host:17 stood still: it said nothing for 5.2 s."]


def test_a_lost_worker_is_named_with_the_reason() -> None:
    started = LoadMessage("started", 0, 0, 100.0, name="host:17")
    lost = LoadMessage("lost", 0, 0, 102.0, name="host:17", warnings=["it was killed."])
    for messages in ([started, lost], [lost]):
        assert reasons(heard(*messages)) == ["load worker host:17 was lost: it was killed."]


def test_lost_messages_and_a_failing_recorder_are_counted() -> None:
    gap = heard(LoadMessage("started", 0, 0, 100.0), LoadMessage("final", 0, 3, 101.0))
    assert reasons(gap, error="boom") == [
        "2 messages of load worker 0 were lost.",
        "the recorder failed 1 times, first with: boom",
    ]


def dropping(*service_times_s: float) -> Tally:
    state = EndpointState()
    for duration_s in service_times_s:
        state.ok.service_time.record(duration_s)
    return Tally(planned=100, sent=60, dropped=40, endpoints={"GET /": state})


def test_drops_while_the_system_is_quick_point_at_the_bound() -> None:
    (warning,) = bound_warnings(dropping(0.010, 0.011, 0.012))
    assert warning.startswith("40 arrivals were dropped")
    assert "--max-in-flight" in warning


def test_drops_of_a_system_that_became_slow_are_the_systems_own() -> None:
    assert bound_warnings(dropping(0.010, 0.5, 0.6)) == []
    assert bound_warnings(Tally(planned=100, sent=100)) == []


def late(arrivals: int, late_arrivals: int, lag_s: float) -> Tally:
    """Arrivals of which some were woken late by so much."""
    tally = Tally(planned=arrivals)
    for number in range(arrivals):
        tally.wake_lag.record(lag_s if number < late_arrivals else 1e-4)
    return tally


def took(*durations_s: float) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for duration_s in durations_s:
        histogram.record(duration_s)
    return histogram


def test_a_few_late_seconds_leave_the_run_valid_but_are_told() -> None:
    (warning,) = lateness_warnings(late(1000, 20, 0.5), took(*[0.002] * 980, *[0.502] * 20))
    assert warning == (
        "latencies from p99 on hold waits of the generator's own: its lag has a p99 of 500.0 ms."
    )


def test_lateness_that_is_little_beside_the_latency_is_not_told() -> None:
    assert lateness_warnings(late(1000, 20, 0.0019), took(*[0.002] * 1000)) == []
    assert lateness_warnings(late(1000, 20, 0.009), took(*[0.1] * 1000)) == []
    assert lateness_warnings(late(1000, 5, 0.5), took(*[0.002] * 1000)) == []
    assert lateness_warnings(Tally(), took()) == []
