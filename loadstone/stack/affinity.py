"""Cores of its own for whoever measures, and for whom it measures."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cores:
    """Which cores the load generator runs on, and which the system under test."""

    generator: frozenset[int]
    system: frozenset[int]

    @property
    def shared(self) -> bool:
        """True when both run on the same cores: the generator's own work then slows what it measures."""
        return bool(self.generator & self.system)


def split_cores(allowed: Collection[int] | None = None) -> Cores:
    """Return one core for the generator and the rest for the system; a single core is shared by both.

    `allowed` is what this process may run on unless given. The generator takes the highest: interrupts
    tend to be served by the lowest.
    """
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    if len(cores) == 1:
        return Cores(frozenset(cores), frozenset(cores))
    return Cores(frozenset(cores[-1:]), frozenset(cores[:-1]))


@contextmanager
def pinned_to(cores: Collection[int] | None) -> Iterator[None]:
    """Keep the calling thread on these cores (None: as it is); processes started meanwhile stay on them.

    Pinning a child after its start would miss the threads that it has started by then.
    """
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
