"""What an arrival and a request cost the recorder, and what a second's rows cost to send."""

from random import Random

from pytest_benchmark.fixture import BenchmarkFixture

from loadstone.load.arrival import CLASS_DRAW, TASK_DRAW, Arrival
from loadstone.load.recorder import Recorder
from loadstone.load.server_timing import parse_server_timing
from loadstone.records.load import LoadMessage, Row, decode_message, encode_message

COUNT = 1000
ENDPOINTS = ("GET /feed", "GET /videos/{id}", "POST /posts")

_random = Random(1)
DURATIONS_S = [_random.expovariate(200.0) for _ in range(COUNT)]


def record_arrivals() -> list[Row]:
    """Record what scheduler, users and client tell of a thousand arrivals in two seconds."""
    recorder = Recorder()
    recorder.plan_start_s = 0.0
    for number, duration_s in enumerate(DURATIONS_S):
        arrival = Arrival(number, number / 500, seed=1)
        recorder.planned(arrival, arrival.intended_s + 6e-5)
        recorder.sent(arrival)
        arrival.draw(TASK_DRAW)
        recorder.taken(arrival)
        recorder.request(ENDPOINTS[number % 3], arrival, arrival.taken_s, arrival.taken_s + duration_s)
        recorder.completed(arrival)
    return recorder.take_rows()


def record_requests() -> list[Row]:
    """Record a thousand requests of a closed workload in two seconds."""
    recorder = Recorder(closed=True)
    recorder.plan_start_s = 0.0
    for number, duration_s in enumerate(DURATIONS_S):
        recorder.request(ENDPOINTS[number % 3], None, number / 500, number / 500 + duration_s)
    return recorder.take_rows()


def recorded(rows: list[Row]) -> int:
    states = [state for row in rows for state in row.endpoints.values()]
    return sum(count for state in states for count in state.ok.latency.counts.values())


def test_record_a_thousand_arrivals_with_a_request_each(benchmark: BenchmarkFixture) -> None:
    rows = benchmark(record_arrivals)
    assert [row.second for row in rows] == [0, 1]
    assert recorded(rows) == sum(row.completed for row in rows) == COUNT


def test_record_a_thousand_requests_of_a_closed_workload(benchmark: BenchmarkFixture) -> None:
    rows = benchmark(record_requests)
    assert recorded(rows) == sum(row.completed for row in rows) == COUNT


def test_draw_class_and_task_a_thousand_times(benchmark: BenchmarkFixture) -> None:
    def draws() -> set[float]:
        arrivals = (Arrival(number, 0.0, seed=1) for number in range(COUNT))
        return {arrival.draw(k) for arrival in arrivals for k in (CLASS_DRAW, TASK_DRAW)}

    assert len(benchmark(draws)) == 2 * COUNT


def test_encode_a_message(benchmark: BenchmarkFixture) -> None:
    message = LoadMessage("progress", 0, 1, 2.0, rows=record_arrivals())
    assert recorded(decode_message(benchmark(encode_message, message)).rows) == COUNT


def test_parse_server_timing(benchmark: BenchmarkFixture) -> None:
    header = "queue;dur=0.1, pool;dur=0.2, redis;dur=0.4, sql;dur=12.3, render;dur=1.5"
    parts = benchmark(parse_server_timing, header)
    assert parts is not None
    assert len(parts) == 5
