import time
from collections.abc import Iterator

import gevent
import pytest

from loadstone.load.arrival import CLASS_DRAW, Arrival
from loadstone.load.line import Line, choose_line
from loadstone.load.recorder import Recorder
from loadstone.load.schedule import BURST_LIMIT, Schedule
from loadstone.load.timer import SleepTimer, Timer, best_timer
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import Row


class Site:
    """A recorder, lines with users who do next to nothing, and a schedule for them."""

    def __init__(self, users: int, weights: tuple[float, ...] = (1,), task_s: float = 0.0) -> None:
        self.recorder = Recorder()
        self.lines = [Line(f"class {n}", weight) for n, weight in enumerate(weights)]
        self.seen: list[tuple[int, int]] = []  # number of the arrival, position of its line
        self.early = 0
        self._task_s = task_s
        self._users = [gevent.spawn(self._serve, n) for n in range(len(weights)) for _ in range(users)]
        gevent.sleep(0)

    def play(self, starts_s: list[float]) -> list[Row]:
        timer: Timer | SleepTimer = best_timer()
        self.recorder.plan_start_s = time.monotonic()
        Schedule(self.lines, self.recorder, timer, seed=7).play(
            enumerate(starts_s), self.recorder.plan_start_s
        )
        timer.close()
        gevent.sleep(self._task_s + 0.01)
        return self.recorder.take_rows()

    def close(self) -> None:
        gevent.killall(self._users)

    def _serve(self, position: int) -> None:
        line = self.lines[position]
        while True:
            arrival = line.take()
            self.seen.append((arrival.number, position))
            self.early += arrival.sent_s < arrival.intended_s
            if self._task_s:
                gevent.sleep(self._task_s)
            line.finish(arrival)
            self.recorder.completed(arrival)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site(users=200)
    yield site
    site.close()


def total(rows: list[Row], column: str) -> int:
    return sum(getattr(row, column) for row in rows)


def test_every_arrival_is_sent_once_in_its_order_and_never_early(site: Site) -> None:
    rows = site.play([n / 2000 for n in range(400)])
    assert total(rows, "planned") == total(rows, "sent") == total(rows, "completed") == 400
    assert site.seen == [(n, 0) for n in range(400)]
    assert merged(LatencyHistogram(row.wake_lag) for row in rows).count == 400
    assert site.early == 0


def test_an_arrival_without_an_idle_user_is_dropped_and_still_planned() -> None:
    site = Site(users=3, task_s=0.05)
    rows = site.play([0.0] * 5 + [0.1])
    site.close()
    assert [total(rows, column) for column in ("planned", "sent", "dropped")] == [6, 4, 2]


def test_arrivals_due_together_are_sent_in_bursts_between_which_users_run() -> None:
    site = Site(users=BURST_LIMIT)
    rows = site.play([0.0] * (5 * BURST_LIMIT))  # nobody would be idle for the second burst otherwise
    site.close()
    assert total(rows, "sent") == 5 * BURST_LIMIT
    assert total(rows, "dropped") == 0


def test_the_class_of_an_arrival_is_its_own_draw() -> None:
    site = Site(users=20, weights=(3, 1))
    site.play([n / 1000 for n in range(200)])
    site.close()
    expected = {n: choose_line(site.lines, Arrival(n, 0.0, seed=7).draw(CLASS_DRAW)) for n in range(200)}
    assert {number: site.lines[position] for number, position in site.seen} == expected
    assert {position for _, position in site.seen} == {0, 1}
