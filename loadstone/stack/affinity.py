"""Cores of its own for whoever measures, and for whom it measures."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cores:
    """Which cores the processes of the load generator run on, and which the system under test."""

    generator: frozenset[int]
    system: frozenset[int]
    generators: int = 1

    @property
    def shared(self) -> bool:
        """True when both run on the same cores: the generator's own work then slows what it measures."""
        return bool(self.generator & self.system)

    @property
    def crowded(self) -> bool:
        """True when generator processes share cores with each other: together they do no more than fewer."""
        return self.generators > len(self.generator)


def split_cores(generators: int = 1, allowed: Collection[int] | None = None) -> Cores:
    """Return a core for each generator process and the rest, at least one, for the system.

    What is too few is shared: by the generators, or, if there is a single core, by all. `allowed` is what
    this process may run on unless given. The generators take the highest: interrupts tend to be served by
    the lowest.
    """
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    if len(cores) == 1:
        return Cores(frozenset(cores), frozenset(cores), generators)
    first = max(1, len(cores) - generators)
    return Cores(frozenset(cores[first:]), frozenset(cores[:first]), generators)


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
