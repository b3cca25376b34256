"""Which process this is, and whose clock it reads."""

import os
import socket
from contextlib import suppress
from pathlib import Path

INITIAL_TIME_NAMESPACE = "time:[4026531834]"  # PROC_TIME_INIT_INO of <linux/proc_ns.h>


def process_name() -> str:
    """Return a name for people: the host's, and the process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def boot_id() -> str:
    """Return what names this boot of this machine: processes of one name read one CLOCK_MONOTONIC.

    A time namespace (`unshare --time`) has another clock, so it has another name.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError):  # older kernels have no time namespaces
        if (namespace := str(Path("/proc/self/ns/time").readlink())) != INITIAL_TIME_NAMESPACE:
            return f"{boot} {namespace}"
    return boot
