"""A process that uses shared memory as PostgreSQL does, says what, and must be killed.

Run by path: `segments.py NAME` makes /dev/shm/NAME and a System V segment.
"""

import ctypes
import json
import mmap
import signal
import sys
from pathlib import Path

IPC_PRIVATE, IPC_CREAT = 0, 0o1000


def create_system_v_segment() -> int:
    """Return the id of a new segment."""
    segment_id: int = ctypes.CDLL(None).shmget(IPC_PRIVATE, 56, IPC_CREAT | 0o600)
    assert segment_id >= 0
    return segment_id


def main(name: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path = Path("/dev/shm", name)
    path.write_bytes(bytes(4096))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 4096):
        print(json.dumps([str(path), create_system_v_segment()]), flush=True)
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
