import sys
import time

import gevent
import pytest

from loadstone.load.timer import SleepTimer, Timer, best_timer

timers = pytest.mark.parametrize("make", [Timer, SleepTimer])


@timers
def test_a_timer_wakes_at_or_after_the_instant(make: type[Timer | SleepTimer]) -> None:
    timer = make()
    lags_s = []
    for n in range(50):
        due_s = time.monotonic() + 0.0007 * (n % 7)
        timer.wait_until(due_s)
        lags_s.append(time.monotonic() - due_s)
    timer.close()
    assert min(lags_s) >= 0
    assert sorted(lags_s)[25] < 0.02


@timers
def test_others_run_while_a_timer_waits(make: type[Timer | SleepTimer]) -> None:
    timer = make()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            gevent.sleep(0.001)

    ticking = gevent.spawn(tick)
    timer.wait_until(time.monotonic() + 0.05)
    ticking.kill()
    timer.close()
    assert ticks > 5


@timers
def test_an_instant_that_is_past_lets_others_run_first(make: type[Timer | SleepTimer]) -> None:
    timer = make()
    ran = gevent.spawn(lambda: None)
    timer.wait_until(time.monotonic() - 1)
    timer.close()
    assert ran.ready()


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
def test_linux_has_the_precise_timer() -> None:
    timer = best_timer()
    timer.close()
    assert timer.precise


def test_a_system_without_timerfd_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    assert isinstance(best_timer(), SleepTimer)
