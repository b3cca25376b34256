import time

import gevent
import pytest

from loadstone.load.canary import PERIOD_S, Canary
from loadstone.load.recorder import Recorder
from loadstone.records.histogram import LatencyHistogram, merged


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    recorder.plan_start_s = time.monotonic()
    return recorder


def lags(recorder: Recorder) -> LatencyHistogram:
    return merged(LatencyHistogram(row.canary_lag) for row in recorder.take_rows())


def test_a_free_hub_gives_a_turn_every_period(recorder: Recorder) -> None:
    canary = gevent.spawn(Canary(recorder).run)
    gevent.sleep(50 * PERIOD_S)
    canary.kill()
    seen = lags(recorder)
    median_s = seen.quantile_s(0.5)
    assert 45 <= seen.count <= 51
    assert median_s is not None
    assert median_s < 0.005


def test_every_turn_that_a_busy_hub_missed_was_late(recorder: Recorder) -> None:
    canary = gevent.spawn(Canary(recorder).run)
    gevent.sleep(2 * PERIOD_S)
    busy_until_s = time.monotonic() + 20 * PERIOD_S
    while time.monotonic() < busy_until_s:
        pass
    gevent.sleep(PERIOD_S)
    canary.kill()
    seen = lags(recorder)
    assert seen.max_s is not None
    assert seen.max_s >= 18 * PERIOD_S
    assert seen.counts_above_s(9 * PERIOD_S) >= 9
