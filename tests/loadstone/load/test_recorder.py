from loadstone.load.arrival import Arrival
from loadstone.load.recorder import (
    ENDPOINT_LIMIT,
    ERROR_LIMIT,
    OTHER_ENDPOINTS,
    OTHER_ERRORS,
    Notes,
    Recorder,
)
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.sample import Sample

PLAN_START_S = 1000.0


def recorder() -> Recorder:
    recorder = Recorder()
    recorder.plan_start_s = PLAN_START_S
    return recorder


def sample(at_s: float, endpoint: str = "GET /", error: str = "") -> Sample:
    return Sample(endpoint, PLAN_START_S + at_s, PLAN_START_S + at_s + 0.1, PLAN_START_S + at_s + 0.3, error)


def test_a_sample_belongs_to_the_second_of_its_intended_start() -> None:
    subject = recorder()
    subject.record(sample(0.95))  # sent in second 1
    subject.record(sample(2.0))
    assert [row.second for row in subject.take_rows()] == [0, 2]


def test_latency_counts_from_the_plan_and_service_time_from_the_send() -> None:
    subject = recorder()
    subject.record(sample(0.5))
    ok = subject.take_rows()[0].endpoints["GET /"].ok
    assert round(ok.latency.max_us, -2) == 300_000
    assert round(ok.service_time.max_us, -2) == 200_000


def test_failures_stand_apart_from_successes_with_their_texts() -> None:
    subject = recorder()
    for error in ("", "HTTP 500", "HTTP 500"):
        subject.record(sample(0.5, error=error))
    state = subject.take_rows()[0].endpoints["GET /"]
    assert LatencyHistogram(state.ok.latency).count == 1
    assert LatencyHistogram(state.failed.latency).count == 2
    assert state.errors == {"HTTP 500": 2}


def test_rows_are_deltas_that_add_up() -> None:
    subject = recorder()
    arrival = Arrival(0, PLAN_START_S + 1.5, seed=1)
    subject.planned(arrival, arrival.intended_s + 0.001)
    subject.sent(arrival)
    first = subject.take_rows()
    subject.completed(arrival)
    second = subject.take_rows()
    assert [(row.second, row.planned, row.sent, row.completed) for row in first + second] == [
        (1, 1, 1, 0),
        (1, 0, 0, 1),
    ]
    assert subject.take_rows() == []


def test_both_lags_are_kept() -> None:
    subject = recorder()
    arrival = Arrival(0, PLAN_START_S, seed=1)
    subject.planned(arrival, PLAN_START_S + 0.002)
    arrival.sent_s, arrival.taken_s = PLAN_START_S + 0.002, PLAN_START_S + 0.005
    subject.taken(arrival)
    row = subject.take_rows()[0]
    assert (row.wake_lag.max_us, row.queue_lag.max_us) == (2000, 3000)


def test_after_the_close_nothing_of_an_arrival_counts_but_sessions_do() -> None:
    subject = recorder()
    subject.close()
    subject.completed(Arrival(0, PLAN_START_S, seed=1))
    subject.record(sample(0.5))
    subject.record_session(sample(0.5, "GET /logout"))
    assert subject.take_rows() == []
    assert list(subject.session_endpoints) == ["GET /logout"]


def test_endless_endpoint_names_are_bounded_and_said() -> None:
    subject = recorder()
    for number in range(ENDPOINT_LIMIT + 7):
        subject.record(sample(0.5, f"GET /videos/{number}"))
    endpoints = subject.take_rows()[0].endpoints
    assert len(endpoints) == ENDPOINT_LIMIT + 1
    assert LatencyHistogram(endpoints[OTHER_ENDPOINTS].ok.latency).count == 7
    assert "Give requests with ids" in subject.warnings.take()[0]


def test_endless_error_texts_are_bounded_and_counted() -> None:
    subject = recorder()
    for number in range(ERROR_LIMIT + 3):
        subject.record(sample(0.5, error=f"odd {number}"))
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
