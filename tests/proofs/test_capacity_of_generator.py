"""At half of its calibrated capacity the generator keeps to its plan. Needs a quiet machine of two cores."""

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from loadstone.calibration import USABLE_SHARE, calibrate, measure_idle_loop
from loadstone.null_load import null_plan, play, start_null_server
from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.load import LoadMessage, Row
from loadstone.stack.guardian import Guardian

WARM_UP_S = 2
DURATION_S = 13.0
OBSERVED_S = 8.0
IDLE_S = 3.0
CLIENTS = ["loadstone.HttpUser", "FastHttpUser"]


@dataclass(frozen=True)
class Half:
    """A plan at half of the capacity, what became of it, and what an idle loop did just before and after."""

    rate: float
    observed_rate: float  # by the server's count
    idle_lag_p99_s: float
    messages: list[LoadMessage] = field(repr=False)

    @property
    def rows(self) -> list[Row]:
        """What is left after the warm-up, in which every user opens its connection."""
        return [row for message in self.messages for row in message.rows if row.second >= WARM_UP_S]

    @property
    def wake_lag_p99_s(self) -> float:
        return merged(LatencyHistogram(row.wake_lag) for row in self.rows).quantile_s(0.99) or 0.0

    def total(self, column: str) -> int:
        return sum(getattr(row, column) for row in self.rows)


@pytest.fixture(scope="module", params=CLIENTS)
def half(request: pytest.FixtureRequest) -> Half:
    client: str = request.param
    rate = float(int(USABLE_SHARE * calibrate(client).rate))
    idle_before = measure_idle_loop(IDLE_S)
    with Guardian() as guardian, ThreadPoolExecutor() as pool:
        url = start_null_server(guardian)
        playing = pool.submit(play, null_plan(client, url, rate=rate, duration_s=DURATION_S), guardian)
        observed_rate = observe(url)
        messages = playing.result()
    idle_after = measure_idle_loop(IDLE_S)
    return Half(
        rate,
        observed_rate,
        max(idle_before.lag_p99_s, idle_after.lag_p99_s),
        messages,
    )


def served(url: str) -> int:
    with urllib.request.urlopen(f"{url}/served") as answer:
        return int(answer.read())


def observe(url: str) -> float:
    """Return the rate that the server sees after the warm-up."""
    while not served(url):
        time.sleep(0.05)
    time.sleep(WARM_UP_S)
    begin_s, before = time.monotonic(), served(url)
    time.sleep(OBSERVED_S)
    end_s, after = time.monotonic(), served(url)
    return (after - before) / (end_s - begin_s)


def test_the_server_sees_the_planned_rate_to_a_thousandth(half: Half) -> None:
    assert half.observed_rate == pytest.approx(half.rate, rel=0.001)


def test_every_arrival_is_sent_and_answered(half: Half) -> None:
    assert half.total("dropped") == 0
    assert half.total("completed") == half.total("planned") == round(half.rate * (DURATION_S - WARM_UP_S))


def test_arrivals_wake_within_a_millisecond(half: Half) -> None:
    assert half.wake_lag_p99_s <= 0.001


def test_arrivals_wake_at_most_three_times_as_late_as_in_an_idle_loop(half: Half) -> None:
    assert half.wake_lag_p99_s <= 3 * half.idle_lag_p99_s
