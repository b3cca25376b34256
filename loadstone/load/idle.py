"""`python -m loadstone.load.idle`: what the event loop is, and how late it wakes; an IdleLoop as JSON."""

import argparse
import sys
import time

from gevent import get_hub

from loadstone.load.timer import best_timer
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.idle_loop import IdleLoop, encode_idle_loop

INTERVAL_S = 0.001


def idle_loop(duration_s: float) -> IdleLoop:
    """Return what was seen while waiting a millisecond at a time."""
    timer = best_timer()
    lags = LatencyHistogram()
    begin_s = time.monotonic() + INTERVAL_S
    for number in range(max(int(duration_s / INTERVAL_S), 1)):
        due_s = begin_s + number * INTERVAL_S
        timer.wait_until(due_s)
        lags.record(time.monotonic() - due_s)
    timer.close()
    return IdleLoop(
        loop=type(get_hub().loop).__module__,
        libev=_libev_version(),
        timerfd=timer.precise,
        lag_p50_s=lags.quantile_s(0.5) or 0.0,
        lag_p99_s=lags.quantile_s(0.99) or 0.0,
    )


def _libev_version() -> str:
    loop = sys.modules.get("gevent.libev.corecext")
    return str(loop.get_version()).removeprefix("libev-") if loop else ""


def main() -> None:
    """Watch for a while and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m loadstone.load.idle", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5)
    print(encode_idle_loop(idle_loop(parser.parse_args().seconds)).decode())


if __name__ == "__main__":
    main()
