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
            self._console.print(f"{time.monotonic() - self._began_s:5.1f} s  {text}", highlight=False)

    def second(self, ledger: Ledger) -> None:
        """Say what the last whole second brought, and how long the rest takes."""
        header = ledger.header
        left_s = max(0.0, header.warm_up_s + header.duration_s - ledger.covered_s)
        phase = "warm-up" if ledger.covered_s < header.warm_up_s else "measuring"
        if self._status is None:
            if ledger.covered_s == 0:
                self.step(f"load begins: {header.warm_up_s:g} s warm-up and {header.duration_s:g} s")
            elif round(ledger.covered_s) % SELDOM_S == 0:
                self.step(f"{phase}, {left_s:.0f} s left")
            return
        columns = ledger.newest()
        self._status.update(
            f"{phase}: {columns.get('arrivals.completed') or 0:,.0f}/s"
            f" · p50 {seconds_text(columns.get('latency_s.p50'))}"
            f" · p99 {seconds_text(columns.get('latency_s.p99'))}"
            f" · {columns.get('arrivals.errors') or 0:.0f} errors · {left_s:.0f} s left"
        )
