"""What recording costs in memory, measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

MIB = 1 << 20
ROOT = Path(__file__).parents[3]


class Footprint(NamedTuple):
    """How many requests Locust's statistics tell of, and by how much the process grew; see `recorded.py`."""

    told: int
    grown_bytes: int
    late_bytes: int


def footprint_of(requests: int) -> Footprint:
    """Record so many requests and return what that took."""
    command = [sys.executable, "-m", "tests.loadstone.load.recorded", str(requests)]
    return Footprint(**json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout))
