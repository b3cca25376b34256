import resource
import subprocess
import sys

ROOM = """
import resource, sys
from loadstone.load.descriptors import make_room
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
make_room(1000)
fields = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], fields["FDSize"].strip())
"""
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def room(soft: int, hard: int) -> tuple[int, int]:
    """Return the limit and the size of the table of descriptors of a process that made room for 1,000."""
    done = subprocess.run(
        [sys.executable, "-c", ROOM, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    limit, size = done.stdout.split()
    return int(limit), int(size)


def test_there_is_room_for_the_connections_and_the_process_itself() -> None:
    limit, size = room(100, HARD)
    assert limit >= 1256
    assert size >= 1256


def test_a_hard_limit_is_taken_as_it_is() -> None:
    limit, size = room(100, 200)
    assert limit == 200
    assert 200 <= size <= 256
