"""Waking at an absolute instant, to tens of microseconds, without blocking the other greenlets."""

import ctypes
import os
import time
from collections.abc import Callable

import gevent
from gevent import get_hub

_TFD_NONBLOCK = os.O_NONBLOCK
_TFD_CLOEXEC = os.O_CLOEXEC
_TFD_TIMER_ABSTIME = 1


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))  # time_t is a long on Linux


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Timer:
    """Waits for instants of CLOCK_MONOTONIC, with a timerfd; raises OSError where the system has none.

    libev's epoll counts in milliseconds: `gevent.sleep` wakes half a millisecond late, a descriptor 50 µs.
    """

    precise = True

    def __init__(self) -> None:
        # Python has os.timerfd_create from 3.13 on; through ctypes there is one way for every version.
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            self._settime: Callable[..., int] = libc.timerfd_settime
            self._fd: int = libc.timerfd_create(time.CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        except AttributeError as error:
            raise OSError("this system has no timerfd") from error
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._hub = get_hub()
        self._watcher = self._hub.loop.io(self._fd, 1)
        # Made once: building the structure took longer than the system call.
        spec = _TimerSpec()
        self._expiry = spec.value
        self._spec = ctypes.byref(spec)

    def wait_until(self, at_s: float) -> None:
        """Return at or after the instant. When it is past, others get their turn first."""
        if at_s <= time.monotonic():
            gevent.sleep(0)
            return
        expiry, whole_s = self._expiry, int(at_s)
        expiry.seconds, expiry.nanoseconds = whole_s, int((at_s - whole_s) * 1e9)
        # Setting the timer also clears its expiry, so the descriptor needs no read.
        if self._settime(self._fd, _TFD_TIMER_ABSTIME, self._spec, None) != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")
        self._hub.wait(self._watcher)

    def close(self) -> None:
        """Give the descriptor back."""
        self._watcher.close()
        os.close(self._fd)


class SleepTimer:
    """The same with `gevent.sleep`, for systems without timerfd: about a millisecond late."""

    precise = False

    def wait_until(self, at_s: float) -> None:
        """Return at or after the instant. When it is past, others get their turn first."""
        gevent.sleep(max(at_s - time.monotonic(), 0))

    def close(self) -> None:
        """Nothing is held."""


def best_timer() -> Timer | SleepTimer:
    """Return the most precise timer this system has."""
    try:
        return Timer()
    except OSError:
        return SleepTimer()
