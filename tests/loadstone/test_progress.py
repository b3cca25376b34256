"""What somebody sees of a run that goes on, where nobody watches: in a file or a pipe."""

from io import StringIO

import msgspec
from rich.console import Console

from loadstone.analysis.folding import Ledger
from loadstone.progress import TerminalProgress
from loadstone.records.journal import Header, Load
from loadstone.records.load import LoadMessage
from tests.loadstone.analysis.test_folding import HEADER, busy_row


def told(header: Header, *, workers: int = 1, seconds: int = 35) -> list[str]:
    """The lines about a load of these workers, without their times."""
    page, ledger = StringIO(), Ledger(header)
    progress = TerminalProgress(Console(file=page, width=40))
    for second in range(seconds + 1):
        for worker in range(workers):
            kind, rows = ("progress", [busy_row(second - 1)]) if second else ("started", [])
            ledger.add(Load(LoadMessage(kind, worker, second, 100.0 + second + worker / 1e3, rows=rows)))
            progress.second(ledger)
    return [line.split("s  ", 1)[1] for line in page.getvalue().splitlines()]


LONG = msgspec.structs.replace(HEADER, warm_up_s=15.0, duration_s=15.0)


def test_a_line_comes_every_ten_seconds_and_says_how_far_it_is() -> None:
    begin, *lines = told(LONG)
    assert begin == "load begins: 15 s warm-up and 15 s"
    assert [line.split(":")[0] for line in lines] == ["warm-up", "measuring", "draining"]
    assert [line.rsplit(" · ", 1)[1] for line in lines] == ["20 s left", "10 s left", "0 s left"]
    assert "1,000/s · p50 2.0 ms · p99 2.0 ms · 0 errors" in lines[0]


def test_several_workers_have_one_line_between_them() -> None:
    assert len(told(LONG, workers=4)) == len(told(LONG))


def test_latencies_of_a_closed_workload_are_labelled_closed() -> None:
    lines = told(msgspec.structs.replace(LONG, workload="closed", users=7))[1:]
    assert all(line.count("ms (closed)") == 2 for line in lines)
