"""SIGINT and SIGTERM, once somebody knows what to do at them."""

import signal
from collections.abc import Callable

import gevent


def on_interrupt(act: Callable[[], None]) -> None:
    """Call `act` in a greenlet at every SIGINT and SIGTERM, and now if `__main__` has held back a SIGINT."""
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, act)
    if signal.SIGINT in signal.sigpending():
        signal.sigwait({signal.SIGINT})
        act()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
