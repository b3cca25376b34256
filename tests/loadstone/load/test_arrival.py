from contextvars import copy_context

from hypothesis import given
from hypothesis import strategies as st

import loadstone
from loadstone.load.arrival import Arrival, arrival_random, current_arrival, seed_outside

seconds = st.floats(0, 1e5)
durations = st.floats(0, 60)


@given(seconds, durations, durations)
def test_the_first_requests_latency_is_its_lag_and_its_service_time(
    due_s: float, lag_s: float, took_s: float
) -> None:
    sample = Arrival(0, due_s, seed=1).sample("GET /", due_s + lag_s, took_s)
    assert abs(sample.latency_s - (lag_s + took_s)) < 1e-6
    assert abs(sample.service_time_s - took_s) < 1e-6
    assert sample.intended_start_s == due_s


@given(seconds, durations, durations)
def test_a_later_request_is_due_when_it_is_sent(due_s: float, lag_s: float, took_s: float) -> None:
    arrival = Arrival(0, due_s, seed=1)
    arrival.sample("GET /first", due_s, 0.0)
    sample = arrival.sample("GET /second", due_s + lag_s, took_s)
    assert sample.intended_start_s == sample.start_s == due_s + lag_s
    assert sample.latency_s == sample.service_time_s


def test_an_arrival_draws_what_its_number_and_the_plans_seed_say() -> None:
    draws = {(n, seed): Arrival(n, 0.0, seed).random.random() for n in range(3) for seed in range(3)}
    assert draws == {(n, seed): Arrival(n, 9.0, seed).random.random() for n in range(3) for seed in range(3)}
    assert len(set(draws.values())) == 9


def test_a_task_draws_from_its_arrival() -> None:
    arrival = Arrival(3, 0.0, seed=1)

    def task() -> None:
        current_arrival.set(arrival)
        assert loadstone.arrival_random() is arrival.random

    copy_context().run(task)


def test_outside_arrivals_draws_repeat_with_the_seed() -> None:
    seed_outside(5)
    first = [arrival_random().random() for _ in range(3)]
    seed_outside(5)
    assert [arrival_random().random() for _ in range(3)] == first
