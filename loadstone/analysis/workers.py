"""What is known of one load worker: whether it was fit to measure, and whether all of its news came."""

from collections.abc import Iterable

from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import LoadMessage, Row

BUSY_CPU_SHARE = 0.8


class WorkerLedger:
    """Follows the messages of one worker, in constant memory.

    A second of a worker is what one message tells of. Of the lags of each second it keeps the p99, in a
    histogram: how many of them were above a bound can be told later, when the bound is known.
    """

    def __init__(self, number: int) -> None:
        self.name = str(number)
        self.boot_id = ""  # of its machine
        self.finished = False
        self.lost_because: list[str] | None = None
        self.missing_messages = 0
        self.longest_silence_s = 0.0
        self.in_flight = 0
        self.oldest_unfinished_s = 0.0
        self.wake_lag_p99s = LatencyHistogram()
        self.canary_lag_p99s = LatencyHistogram()
        self._seconds = 0
        self._busy_seconds = 0
        self._next_sequence = 0
        self._heard_s: float | None = None  # None until the plan begins

    @property
    def busy_share(self) -> float:
        """In what share of its seconds the worker used more than 80 % of a core."""
        return self._busy_seconds / self._seconds if self._seconds else 0.0

    def hear(self, message: LoadMessage) -> None:
        """Take one message into account."""
        self.name = message.name or self.name
        if message.kind == "lost":
            self.lost_because = message.warnings
            self.in_flight = 0
            return
        self.boot_id = message.boot_id or self.boot_id
        self.missing_messages += max(0, message.sequence - self._next_sequence)
        self._next_sequence = message.sequence + 1
        if self._heard_s is not None:
            self.longest_silence_s = max(self.longest_silence_s, message.at_s - self._heard_s)
        if self._heard_s is not None or message.kind == "started":
            self._heard_s = message.at_s
        self.in_flight = message.in_flight
        self.finished = message.kind == "final"
        self.oldest_unfinished_s = max(message.unfinished_ages_s, default=0.0)

    def judge_lags(self, rows: Iterable[Row]) -> None:
        """Note how late the worker was in one second."""
        rows = list(rows)
        for p99s, lags in (
            (self.wake_lag_p99s, [row.wake_lag for row in rows]),
            (self.canary_lag_p99s, [row.canary_lag for row in rows]),
        ):
            p99_s = merged(map(LatencyHistogram, lags)).quantile_s(0.99)
            if p99_s is not None:
                p99s.record(p99_s)

    def judge_cpu(self, cpu_share: float) -> None:
        """Note how busy the worker was in one second."""
        self._seconds += 1
        self._busy_seconds += cpu_share > BUSY_CPU_SHARE
