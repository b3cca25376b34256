"""Whether the generator was fit to measure: about the measurement, never about the system."""

from collections.abc import Collection, Iterable, Mapping

from loadstone.analysis.remarks import Remarks
from loadstone.analysis.summaries import QUANTILES, Tally, whole_service_time
from loadstone.analysis.workers import BUSY_CPU_SHARE, WorkerLedger
from loadstone.records.histogram import LatencyHistogram

GENERATOR_WAS_THE_LIMIT = "the generator was the limit"
LAG_FLOOR_S = 0.002
LAG_SHARE_OF_LATENCY = 0.1
BAD_SECONDS_SHARE = 0.5
"""One bad second of a shared machine proves nothing; most of the seconds do."""
STALL_S = 3.0
"""A worker speaks every second; one that was silent for longer stood still, and what it measured with it."""
STEADY_FACTOR = 3.0


def invalid_reasons(
    workers: Collection[WorkerLedger],
    *,
    typical_latency_s: float | None,
    recorder_errors: Remarks,
    ended: bool,
) -> list[str]:
    """Return what makes the measurement untrustworthy, a sentence each; none is a valid run.

    `ended` says that the run ended by itself, so that every worker should have said its last word.
    """
    reasons = _limit_reasons(workers, typical_latency_s)
    for worker in workers:
        reasons += _trouble(worker, ended)
    if recorder_errors.count:
        reasons.append(
            f"the recorder failed {recorder_errors.count} times, first with: {next(iter(recorder_errors))}"
        )
    return reasons


def lateness_warnings(tally: Tally, latency: LatencyHistogram) -> list[str]:
    """Return a warning when a valid run's quantiles still hold much of the generator's own lateness.

    A few bad seconds invalidate nothing, but they are the slowest of the run, and no fault of the system's.
    """
    for name, q in QUANTILES.items():
        latency_s = latency.reportable_quantile_s(q)
        lags_s = [lag.reportable_quantile_s(q) or 0.0 for lag in (tally.wake_lag, tally.canary_lag)]
        if latency_s is not None and max(lags_s) > _lag_bound_s(latency_s):
            shown = name.replace("p999", "p99.9")
            return [
                f"latencies from {shown} on hold waits of the generator's own: its lag has a {shown} of"
                f" {max(lags_s) * 1e3:.1f} ms."
            ]
    return []


def bound_warnings(tally: Tally) -> list[str]:
    """Return a warning when arrivals were dropped and the system was not what held them up.

    A system that is overloaded answers several times slower than at its best; one that doesn't has room, and
    the arrivals were dropped because the bound was lower than rate × duration of a task (Little's law).
    """
    if not tally.dropped or not all(_is_steady(whole_service_time(s)) for s in tally.endpoints.values()):
        return []
    return [
        f"{tally.dropped:,} arrivals were dropped while the system answered as quickly as ever: the bound on"
        " those in flight was too small. Raise --max-in-flight."
    ]


def _limit_reasons(workers: Collection[WorkerLedger], typical_latency_s: float | None) -> list[str]:
    bound_s = _lag_bound_s(typical_latency_s or 0.0)
    above = f"p99 above {bound_s * 1e3:.1f} ms"
    late = {worker.name: _share_above(worker.wake_lag_p99s, bound_s) for worker in workers}
    slow = {worker.name: _share_above(worker.canary_lag_p99s, bound_s) for worker in workers}
    busy = {worker.name: worker.busy_share for worker in workers}
    return [
        *_limit_reason(f"it woke late, wake lag {above}", late),
        *_limit_reason(f"it was busy, canary lag {above}", slow),
        *_limit_reason(f"it was busy, above {BUSY_CPU_SHARE:.0%} of a core", busy),
    ]


def _lag_bound_s(latency_s: float) -> float:
    return max(LAG_FLOOR_S, LAG_SHARE_OF_LATENCY * latency_s)


def _limit_reason(what: str, shares: Mapping[str, float]) -> list[str]:
    """Return the sentence about the workers whose share of bad seconds is too high, if there are any."""
    bad = {name: share for name, share in shares.items() if share > BAD_SECONDS_SHARE}
    if not bad:
        return []
    where = f" (load worker {', '.join(bad)})" if len(shares) > 1 else ""
    return [f"{GENERATOR_WAS_THE_LIMIT}: {what} in {max(bad.values()):.0%} of the seconds{where}."]


def _trouble(worker: WorkerLedger, ended: bool) -> Iterable[str]:
    if worker.missing_messages:
        yield f"{worker.missing_messages} messages of load worker {worker.name} were lost."
    if worker.longest_silence_s > STALL_S:
        yield f"load worker {worker.name} stood still: it said nothing for {worker.longest_silence_s:.1f} s."
    if worker.lost_because is not None:
        why = " ".join(worker.lost_because)
        yield f"load worker {worker.name} was lost{': ' if why else '.'}{why}"
    elif ended and not worker.finished:
        yield f"load worker {worker.name} was lost before it sent its last message."


def _share_above(values: LatencyHistogram, bound_s: float) -> float:
    return values.counts_above_s(bound_s) / values.count if values.count else 0.0


def _is_steady(service_time: LatencyHistogram) -> bool:
    typical_s, best_s = service_time.quantile_s(0.5), service_time.min_s
    return typical_s is None or best_s is None or typical_s <= STEADY_FACTOR * best_s
