from collections import Counter
from contextvars import copy_context
from statistics import correlation

from hypothesis import given
from hypothesis import strategies as st

import loadstone
from loadstone.load.arrival import (
    CLASS_DRAW,
    TASK_DRAW,
    Arrival,
    arrival_random,
    current_arrival,
    seed_outside,
)

seconds = st.floats(0, 1e5)
durations = st.floats(0, 60)


@given(seconds, durations)
def test_an_arrivals_first_request_is_due_when_the_arrival_is(due_s: float, lag_s: float) -> None:
    assert Arrival(0, due_s, seed=1).due_s(due_s + lag_s) == due_s


@given(seconds, durations)
def test_a_later_request_is_due_when_it_is_sent(due_s: float, lag_s: float) -> None:
    arrival = Arrival(0, due_s, seed=1)
    arrival.due_s(due_s)
    assert arrival.due_s(due_s + lag_s) == due_s + lag_s


def test_numbered_draws_are_splitmix64s() -> None:
    published = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)  # its first outputs from seed 0
    first = Arrival(0, 9.0, seed=0)
    assert [first.draw(k) for k in range(3)] == [(word >> 11) / 2**53 for word in published]


def test_draws_of_neighbouring_arrivals_seeds_and_numbers_are_uniform_and_apart() -> None:
    draws = [Arrival(n, 0.0, seed).draw(k) for n in range(500) for seed in range(4) for k in range(4)]
    assert len(set(draws)) == len(draws)
    assert all(0 <= draw < 1 for draw in draws)
    tenths = Counter(int(draw * 10) for draw in draws)
    expected = len(draws) / 10
    chi_squared = sum((tenths[n] - expected) ** 2 / expected for n in range(10))
    assert chi_squared < 27.9  # 99.9 % of uniform samples


def test_one_draw_of_an_arrival_says_nothing_about_the_next() -> None:
    pairs = [(Arrival(n, 0.0, 1).draw(CLASS_DRAW), Arrival(n, 0.0, 1).draw(TASK_DRAW)) for n in range(4000)]
    assert abs(correlation(*zip(*pairs, strict=True))) < 0.06


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
