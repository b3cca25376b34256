"""Whether the generator was fit to measure: about the measurement, never about the system."""

from collections.abc import Sequence

from loadstone.records.histogram import LatencyHistogram

WAKE_LAG_FLOOR_S = 0.002
WAKE_LAG_SHARE_OF_LATENCY = 0.1
BUSY_CPU_SHARE = 0.8
BAD_SECONDS_SHARE = 0.5
"""One bad second of a shared machine proves nothing; most of the seconds do."""


def invalid_reasons(
    *,
    wake_lags: Sequence[LatencyHistogram],
    typical_latency_s: float | None,
    cpu_shares: Sequence[float],
    lost_messages: int,
    recorder_errors: Sequence[str],
    lost_workers: Sequence[int],
) -> list[str]:
    """Return what makes the measurement untrustworthy, a sentence each; none is a valid run.

    `wake_lags` and `cpu_shares` have one entry a second.
    """
    reasons = []
    bound_s = max(WAKE_LAG_FLOOR_S, WAKE_LAG_SHARE_OF_LATENCY * (typical_latency_s or 0.0))
    late = _share([(lag.quantile_s(0.99) or 0.0) > bound_s for lag in wake_lags])
    if late > BAD_SECONDS_SHARE:
        reasons.append(
            f"the generator was late: wake lag p99 above {bound_s * 1e3:.1f} ms in {late:.0%} of the seconds."
        )
    busy = _share([share > BUSY_CPU_SHARE for share in cpu_shares])
    if busy > BAD_SECONDS_SHARE:
        reasons.append(
            f"the generator was the limit: above {BUSY_CPU_SHARE:.0%} of a core in {busy:.0%} of the seconds."
        )
    if lost_messages:
        reasons.append(f"{lost_messages} messages of load workers were lost.")
    if recorder_errors:
        reasons.append(f"the recorder failed {len(recorder_errors)} times, first with: {recorder_errors[0]}")
    reasons += [f"load worker {worker} was lost before it sent its last message." for worker in lost_workers]
    return reasons


def _share(seconds: Sequence[bool]) -> float:
    return sum(seconds) / len(seconds) if seconds else 0.0
