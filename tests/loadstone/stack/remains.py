"""What a run has left on this machine: processes, directories, listening ports."""

import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit


def remains_in(directory: Path, urls: Iterable[str] = ()) -> list[str]:
    """Return what is left of runs whose TMPDIR was `directory` and that listened at `urls`."""
    processes = [f"process {pid}" for pid in _process_ids() if _belongs(pid, directory)]
    files = [f"file {path}" for path in directory.iterdir()]
    ports = [f"port of {url}" for url in urls if _is_listening(url)]
    return processes + files + ports


def remains_after(timeout_s: float, directory: Path, urls: Iterable[str] = ()) -> list[str]:
    """Return what is left once nothing is, or when the time is over."""
    deadline = time.monotonic() + timeout_s
    urls = list(urls)
    while (left := remains_in(directory, urls)) and time.monotonic() < deadline:
        time.sleep(0.1)  # looking costs time that the clean-up needs
    return left


def is_alive(pid: int) -> bool:
    """Return whether a process runs: it is there, and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    return False


def _process_ids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _belongs(pid: int, directory: Path) -> bool:
    """Look at the environment and the working directory: PostgreSQL's processes overwrite the former."""
    marker = str(directory)
    process = Path(f"/proc/{pid}")
    with suppress(OSError):
        marked = marker.encode() in (process / "environ").read_bytes()
        return is_alive(pid) and (marked or marker in str((process / "cwd").readlink()))
    return False


def _is_listening(url: str) -> bool:
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0
