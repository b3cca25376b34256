"""One arrival on its way: when it was due, what it draws, and when its requests were."""

from contextvars import ContextVar
from functools import lru_cache
from random import Random

# What an arrival's numbered draws are for; the locustfile's own come from `Arrival.random`.
CLASS_DRAW = 0
TASK_DRAW = 1

_DRAWS_EACH = 1 << 8
_MASK = (1 << 64) - 1
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15


class Arrival:
    """One planned arrival. Its draws are its own: equal plan seeds give arrival n equal ones in every run.

    Instants are seconds of CLOCK_MONOTONIC. `sent_s` is when a user was found for it, `taken_s` when that
    user began.
    """

    __slots__ = ("_random", "_seed", "intended_s", "number", "request_seen", "sent_s", "taken_s")

    def __init__(self, number: int, intended_s: float, seed: int) -> None:
        self.number = number
        self.intended_s = self.sent_s = self.taken_s = intended_s
        self.request_seen = False
        self._seed = seed
        self._random: Random | None = None

    @property
    def random(self) -> Random:
        """Random numbers for the task. Seeding them takes 10 µs, so they are made when first asked for."""
        if self._random is None:
            self._random = Random(f"arrival {self._seed} {self.number}")
        return self._random

    def draw(self, k: int) -> float:
        """Return draw `k` (below 256), uniform in [0, 1): the same in every process and version of Python.

        It is an output of splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
        OOPSLA 2014): such a stream can be entered anywhere, so it needs no state.
        """
        position = self.number * _DRAWS_EACH + k + 1
        return (_mix(_stream(self._seed) + position * _GOLDEN_GAMMA) >> 11) * 2**-53

    def due_s(self, start_s: float) -> float:
        """Return when one of this arrival's requests, sent at `start_s`, should have been sent.

        The first one counts from the plan: lag and service time together are its latency. A later one is
        due when the one before it lets it be, so its intended start is its send.
        """
        if self.request_seen:
            return start_s
        self.request_seen = True
        return self.intended_s


@lru_cache(maxsize=16)
def _stream(seed: int) -> int:
    """Return where the stream of a plan's seed begins: far from those of the neighbouring seeds."""
    return _mix(seed)


def _mix(z: int) -> int:
    """Return the 64 bits of z scrambled: splitmix64's finaliser, variant 13 of David Stafford's."""
    z &= _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


# What the task that runs in this greenlet, or has spawned it, was started for.
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
