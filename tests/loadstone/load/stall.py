"""The truth about one stall of S seconds in D seconds of a constant rate λ: by closed form, and as seen.

Parallel server behind a gate, which takes c: L_q = c + max(0, S − (1 − q)·D). First in, first out at rate μ,
ρ = λ/μ: L_q = 1/μ + max(0, S − (1 − ρ)·(1 − q)·D). With a bound of B in flight, λS − B arrivals are dropped.
"""

import json
import math
import urllib.request
from collections.abc import Iterable, Sequence

TOLERANCE_S = 0.010
TOLERANCE_SHARE = 0.01


def parallel_s(q: float, base_s: float, stall_s: float, duration_s: float) -> float:
    """Return the q-quantile of the latency of a parallel server."""
    return base_s + max(0.0, stall_s - (1 - q) * duration_s)


def fifo_s(q: float, rate: float, fifo_rate: float, stall_s: float, duration_s: float) -> float:
    """Return the q-quantile of the latency of a server that serves one after the other."""
    return 1 / fifo_rate + max(0.0, stall_s - (1 - rate / fifo_rate) * (1 - q) * duration_s)


def tolerance_s(latency_s: float) -> float:
    """Return how far from a latency the reported one may be."""
    return max(TOLERANCE_S, TOLERANCE_SHARE * latency_s)


class Observer:
    """The server's own log: when each request arrived and was answered, in seconds of CLOCK_MONOTONIC."""

    def __init__(self, arrived_and_answered_s: Iterable[tuple[float, float]]) -> None:
        self._log_s = sorted(arrived_and_answered_s)

    @property
    def log_s(self) -> list[tuple[float, float]]:
        """The pairs, in the order of arrival."""
        return self._log_s

    def latency_s(self, q: float, planned_s: Sequence[float]) -> float:
        """Return the q-quantile of the time from when a request was planned until the server answered it.

        The n-th request to arrive is the n-th planned one: what the client recorded plays no part.
        """
        paired_s = zip(planned_s, self._log_s, strict=True)
        return _quantile(q, [answered_s - due_s for due_s, (_, answered_s) in paired_s])

    def lateness_s(self, q: float, planned_s: Sequence[float]) -> float:
        """Return the q-quantile of how late requests arrived."""
        paired_s = zip(planned_s, self._log_s, strict=True)
        return _quantile(q, [arrived_s - due_s for due_s, (arrived_s, _) in paired_s])


def observe(url: str) -> Observer:
    """Return what the server at `url` has seen."""
    with urllib.request.urlopen(f"{url}/observed", timeout=10) as answer:
        return Observer([(arrived_s, answered_s) for arrived_s, answered_s in json.load(answer)])


def _quantile(q: float, values: Sequence[float]) -> float:
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)]
