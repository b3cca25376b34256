"""The clocks: how they are read, and whether anything corrects them."""

import ctypes

from loadstone.records import kernel
from loadstone.records.finding import Finding, judged

SLOW_SOURCES = ("hpet", "acpi_pm", "jiffies", "pit")
CLOCK_SOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
_TIMEX_BYTES = 256  # struct timex has 208
_CLOCK_UNSYNCHRONISED = 5  # TIME_ERROR in adjtimex(2)


def clock_findings() -> list[Finding]:
    """Return how this machine tells the time."""
    return [source(kernel.read(CLOCK_SOURCE)), synchronisation(clock_state())]


def source(name: str | None) -> Finding:
    """Some clocks are read by asking a device, which takes a microsecond or more."""
    return judged(
        "clock source",
        name,
        name in SLOW_SOURCES,
        "Choose tsc or the hypervisor's own: this one costs a microsecond or more at each reading.",
    )


def synchronisation(state: int | None) -> Finding:
    """Durations come from a clock that is never set; workers on several machines need more than that."""
    corrected = None if state is None or state < 0 else state != _CLOCK_UNSYNCHRONISED
    return judged(
        "clock synchronised (NTP)",
        None if corrected is None else "yes" if corrected else "no",
        corrected is False,
        "On one machine it does not matter. For workers on several, start chrony or systemd-timesyncd.",
    )


def clock_state() -> int | None:
    """Return what adjtimex(2) says when it is asked to change nothing; None where it is missing."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (AttributeError, OSError):
        return None
