"""One arrival on its way: when it was due, what it draws, and how its requests become samples."""

from contextvars import ContextVar
from random import Random

from loadstone.records.sample import Sample


class Arrival:
    """One planned arrival. `random` is its own: equal plan seeds give arrival n equal draws in every run.

    Instants are seconds of CLOCK_MONOTONIC. `sent_s` is when a user was found for it, `taken_s` when that
    user began.
    """

    __slots__ = ("intended_s", "number", "random", "request_seen", "sent_s", "taken_s")

    def __init__(self, number: int, intended_s: float, seed: int) -> None:
        self.number = number
        self.intended_s = intended_s
        self.random = Random(f"arrival {seed} {number}")
        self.request_seen = False
        self.sent_s = self.taken_s = intended_s

    def sample(self, endpoint: str, start_s: float, service_time_s: float, error: str = "") -> Sample:
        """Return the sample of one of this arrival's requests.

        The first one counts from the plan: lag and service time together are its latency. A later one is
        due when the one before it lets it be, so its intended start is its send.
        """
        intended_s = start_s if self.request_seen else self.intended_s
        self.request_seen = True
        return Sample(endpoint, intended_s, start_s, start_s + service_time_s, error)


# What the task that runs in this greenlet (gevent gives each a context of its own) was started for.
current_arrival: ContextVar[Arrival | None] = ContextVar("current_arrival", default=None)

_outside = Random(1)


def arrival_random() -> Random:
    """Return the seeded random numbers a task should draw its keys from.

    During an arrival of `loadstone run` they are that arrival's own, so runs with one seed ask for the
    same keys however long answers take. Elsewhere (`on_start`, plain Locust) they are the process's.
    """
    arrival = current_arrival.get()
    return arrival.random if arrival else _outside


def seed_outside(seed: int) -> None:
    """Seed what `arrival_random` returns outside arrivals."""
    _outside.seed(f"outside {seed}")
