"""How far a run has come, on standard error: a live line on a terminal, a line a step elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console

from loadstone.analysis.folding import Ledger
from loadstone.reports.units import seconds_text

SELDOM_S = 10  # between two lines where nobody watches


class TerminalProgress:
    """Tells the user what happens; a context manager that clears its live line at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("") if console.is_terminal else None
        self._began_s = time.monotonic()
        self._next_line_s = 0.0  # of the load

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def step(self, text: str) -> None:
        """Say what begins now."""
        if self._status:
            self._status.update(text)
        else:
            line = f"{time.monotonic() - self._began_s:5.1f} s  {text}"
            self._console.print(line, highlight=False, soft_wrap=True)  # a log is not as wide as a terminal

    def second(self, ledger: Ledger) -> None:
        """Say what the last whole second brought, and how long the rest takes."""
        if self._status:
            self._status.update(_line(ledger))
        elif not self._next_line_s:
            self._next_line_s = SELDOM_S
            header = ledger.header
            self.step(f"load begins: {header.warm_up_s:g} s warm-up and {header.duration_s:g} s")
        elif ledger.covered_s >= self._next_line_s:
            self._next_line_s += SELDOM_S
            self.step(_line(ledger))


def _line(ledger: Ledger) -> str:
    header, newest = ledger.header, ledger.newest()
    left_s = max(0.0, header.warm_up_s + header.duration_s - ledger.covered_s)
    phase = "measuring" if left_s else "draining"
    if ledger.covered_s < header.warm_up_s:
        phase = "warm-up"
    closed = " (closed)" if header.workload == "closed" else ""
    return (
        f"{phase}: {newest.get('arrivals.completed') or 0:,.0f}/s"
        f" · p50 {seconds_text(newest.get('latency_s.p50'))}{closed}"
        f" · p99 {seconds_text(newest.get('latency_s.p99'))}{closed}"
        f" · {newest.get('arrivals.errors') or 0:,.0f} errors"
        f" · lag p99 {seconds_text(newest.get('lag_s.wake_p99'))} · {left_s:.0f} s left"
    )
