import time
from collections.abc import Callable

import pytest

from loadstone.load.arrival import Arrival
from loadstone.load.recorder import (
    ENDPOINT_LIMIT,
    ERROR_LIMIT,
    OTHER_ENDPOINTS,
    OTHER_ERRORS,
    Notes,
    Recorder,
)
from loadstone.load.server_timing import NAME_LIMIT
from loadstone.records.histogram import LatencyHistogram
from tests.loadstone.load.footprint import MIB, footprint_of

PLAN_START_S = 1000.0


def recorder(closed: bool = False) -> Recorder:
    recorder = Recorder(closed)
    recorder.plan_start_s = PLAN_START_S
    return recorder


def arrival(at_s: float = 0.0) -> Arrival:
    return Arrival(0, PLAN_START_S + at_s, seed=1)


def request(
    subject: Recorder, at_s: float, endpoint: str = "GET /", error: str = "", of: Arrival | None = None
) -> None:
    """Record one that is due at `at_s`, sent 0.1 s later, answered 0.2 s after that."""
    due_s = PLAN_START_S + at_s
    subject.request(endpoint, of or arrival(at_s), due_s + 0.1, due_s + 0.3, error)


def test_a_request_belongs_to_the_second_of_its_intended_start() -> None:
    subject = recorder()
    request(subject, 0.95)  # sent in second 1
    request(subject, 2.0)
    assert [row.second for row in subject.take_rows()] == [0, 2]


def test_an_arrivals_later_request_belongs_to_the_second_of_its_send() -> None:
    subject = recorder()
    both = arrival(0.95)
    request(subject, 0.95, of=both)
    request(subject, 1.25, of=both)
    assert [row.second for row in subject.take_rows()] == [0, 1]


def test_latency_counts_from_the_plan_and_service_time_from_the_send() -> None:
    subject = recorder()
    request(subject, 0.5)
    ok = subject.take_rows()[0].endpoints["GET /"].ok
    assert round(ok.latency.max_us, -2) == 300_000
    assert round(ok.service_time.max_us, -2) == 200_000


def test_failures_stand_apart_from_successes_with_their_texts() -> None:
    subject = recorder()
    for error in ("", "HTTP 500", "HTTP 500"):
        request(subject, 0.5, error=error)
    state = subject.take_rows()[0].endpoints["GET /"]
    assert LatencyHistogram(state.ok.latency).count == 1
    assert LatencyHistogram(state.failed.latency).count == 2
    assert state.errors == {"HTTP 500": 2}


def test_rows_are_deltas_that_add_up() -> None:
    subject = recorder()
    one = arrival(1.5)
    subject.planned(one, one.intended_s + 0.001)
    subject.sent(one)
    first = subject.take_rows()
    subject.completed(one)
    second = subject.take_rows()
    assert [(row.second, row.planned, row.sent, row.completed) for row in first + second] == [
        (1, 1, 1, 0),
        (1, 0, 0, 1),
    ]
    assert subject.take_rows() == []


def test_both_lags_are_kept() -> None:
    subject = recorder()
    one = arrival()
    subject.planned(one, PLAN_START_S + 0.002)
    one.sent_s, one.taken_s = PLAN_START_S + 0.002, PLAN_START_S + 0.005
    subject.taken(one)
    row = subject.take_rows()[0]
    assert (row.wake_lag.max_us, row.queue_lag.max_us) == (2000, 3000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A function that sets the seconds since the plan began."""

    def stands_at(at_s: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: PLAN_START_S + at_s)

    return stands_at


def test_a_whole_arrival_lasts_from_its_intended_start_to_the_end_of_its_task(
    clock: Callable[[float], None],
) -> None:
    subject = recorder()
    clock(3.0)
    subject.completed(arrival(1.5))
    [row] = subject.take_rows()
    assert (row.second, row.completed, row.whole.max_us) == (1, 1, 1_500_000)


def test_the_canarys_lag_stands_in_its_second_and_only_within_the_plan() -> None:
    subject = recorder()
    subject.canary(0.5, at_s=PLAN_START_S - 0.1)
    subject.canary(0.002, at_s=PLAN_START_S + 1.2)
    [row] = subject.take_rows()
    assert (row.second, row.canary_lag.max_us) == (1, 2000)
    waiting = Recorder()
    waiting.canary(0.5, at_s=PLAN_START_S)
    assert waiting.take_rows() == []


def test_after_the_close_nothing_of_an_arrival_counts_but_sessions_do() -> None:
    subject = recorder()
    subject.close()
    subject.completed(arrival())
    request(subject, 0.5)
    subject.request("GET /logout", None, PLAN_START_S, PLAN_START_S + 0.1)
    assert subject.take_rows() == []
    assert list(subject.take_session_endpoints()) == ["GET /logout"]


def test_a_request_outside_arrivals_is_the_sessions_and_is_taken_once() -> None:
    subject = recorder()
    subject.request("POST /login", None, PLAN_START_S + 1, PLAN_START_S + 1.25)
    taken = subject.take_session_endpoints()
    latency = taken["POST /login"].ok.latency
    assert (LatencyHistogram(latency).count, latency.max_us) == (1, 250_000)
    assert subject.take_session_endpoints() == {}
    assert subject.take_rows() == []


def test_in_a_closed_workload_a_request_of_the_plan_counts_as_an_arrival_due_when_sent() -> None:
    subject = recorder(closed=True)
    subject.request("POST /login", None, PLAN_START_S - 0.25, PLAN_START_S + 0.25)
    subject.request("GET /", None, PLAN_START_S + 1.75, PLAN_START_S + 2.25)
    [row] = subject.take_rows()
    assert (row.second, row.planned, row.sent, row.completed, row.dropped) == (1, 1, 1, 1, 0)
    assert list(row.endpoints) == ["GET /"]
    assert row.endpoints["GET /"].ok.latency == row.endpoints["GET /"].ok.service_time
    assert list(subject.take_session_endpoints()) == ["POST /login"]


def test_before_a_closed_workloads_plan_is_announced_every_request_is_the_sessions() -> None:
    subject = Recorder(closed=True)
    subject.request("POST /login", None, 1.0, 2.0)
    assert list(subject.take_session_endpoints()) == ["POST /login"]


def test_after_a_closed_workloads_close_its_last_requests_are_unfinished_and_on_stops_the_sessions(
    clock: Callable[[float], None],
) -> None:
    subject = recorder(closed=True)
    clock(5.0)
    subject.close()
    subject.request("GET /", None, PLAN_START_S + 4.0, PLAN_START_S + 5.5)
    subject.request("GET /logout", None, PLAN_START_S + 5.0, PLAN_START_S + 5.5)
    assert subject.take_rows() == []
    assert list(subject.take_session_endpoints()) == ["GET /logout"]


def test_endless_endpoint_names_are_bounded_and_said() -> None:
    subject = recorder()
    for number in range(ENDPOINT_LIMIT + 7):
        request(subject, 0.5, f"GET /videos/{number}")
    endpoints = subject.take_rows()[0].endpoints
    assert len(endpoints) == ENDPOINT_LIMIT + 1
    assert LatencyHistogram(endpoints[OTHER_ENDPOINTS].ok.latency).count == 7
    assert "Give requests with ids" in subject.warnings.take()[0]


def test_what_the_server_tells_of_its_time_is_kept_by_endpoint() -> None:
    subject = recorder()
    for duration_s in (0.010, 0.030):
        subject.request("GET /", arrival(), PLAN_START_S, PLAN_START_S + 0.1, "", {"sql": duration_s})
    [row] = subject.take_rows()
    sql = LatencyHistogram(row.endpoints["GET /"].server_timing["sql"])
    assert (sql.count, sql.max_s) == (2, 0.03)


def test_endless_server_timing_names_of_an_endpoint_are_bounded_over_the_run_and_said() -> None:
    subject = recorder()
    names: set[str] = set()
    for number in range(NAME_LIMIT + 5):
        parts = {f"part {number}": 0.001}
        subject.request("GET /", arrival(), PLAN_START_S, PLAN_START_S + 0.1, "", parts)
        subject.request("GET /other", arrival(), PLAN_START_S, PLAN_START_S + 0.1, "", {"sql": 0.001})
        [row] = subject.take_rows()
        names |= row.endpoints["GET /"].server_timing.keys()
        assert list(row.endpoints["GET /other"].server_timing) == ["sql"]
    assert names == {f"part {number}" for number in range(NAME_LIMIT)}
    assert "Server-Timing" in subject.warnings.take()[0]


def test_endless_error_texts_are_bounded_and_counted() -> None:
    subject = recorder()
    for number in range(ERROR_LIMIT + 3):
        request(subject, 0.5, error=f"odd {number}")
    errors = subject.take_rows()[0].endpoints["GET /"].errors
    assert len(errors) == ERROR_LIMIT + 1
    assert errors[OTHER_ERRORS] == 3


def test_notes_come_once_with_their_counts_and_are_bounded() -> None:
    notes = Notes()
    for text in ["late", "late", *(f"note {n}" for n in range(Notes.LIMIT))]:
        notes.add(text)
    taken = notes.take()
    assert taken[0] == "late (2 times)"
    assert taken[-1] == "(others)"
    assert len(taken) == Notes.LIMIT + 1
    assert notes.take() == []


def test_memory_does_not_grow_with_the_requests_recorded() -> None:
    """A subset of `tests/proofs/test_memory.py`, which records ten million."""
    footprint = footprint_of(300_000)
    assert footprint.told == 300_000
    assert footprint.grown_bytes < 16 * MIB
    assert footprint.late_bytes < 2 * MIB
