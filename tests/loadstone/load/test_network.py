"""A worker in a network namespace of its own: another machine, as far as the network goes."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.loadstone.load.distributed import Distributed, free_port, start_worker
from tests.loadstone.load.played import Load

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="network namespaces need root and iproute2"
)

IDLER = """
from locust import User, task

class Idler(User):
    @task
    def idle(self): pass
"""


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


class Network:
    """A link between this namespace and a new one; `host` is our end's address."""

    def __init__(self) -> None:
        number = secrets.randbelow(1 << 14)
        block = f"10.{200 + number // 4096}.{number // 16 % 256}"
        first = number % 16 * 4
        self.host, guest = f"{block}.{first + 1}", f"{block}.{first + 2}"
        self.name = f"loadstone-{os.getpid()}"
        self._link = f"ls{os.getpid()}"
        ip(f"netns add {self.name}")
        ip(f"link add {self._link} type veth peer name inside netns {self.name}")
        ip(f"addr add {self.host}/30 dev {self._link}")
        ip(f"-n {self.name} addr add {guest}/30 dev inside")
        ip(f"-n {self.name} link set inside up")
        ip(f"link set {self._link} up")

    def cut(self) -> None:
        ip(f"link set {self._link} down")

    def remove(self) -> None:
        ip(f"netns delete {self.name}")


@pytest.fixture
def network() -> Iterator[Network]:
    try:
        network = Network()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.decode()}")
    yield network
    network.remove()


@pytest.fixture
def start(network: Network, tmp_path: Path) -> Iterator[Callable[..., Distributed]]:
    """Start a master and a worker here, and a second worker beyond the link, by a program of one's choice."""
    with ExitStack() as stack:

        def start(*program: str, **changes: Any) -> Distributed:
            load = Load(tmp_path, "http://127.0.0.1:9", IDLER)
            port = free_port(network.host)
            beyond = ("ip", "netns", "exec", network.name, *program)
            there = start_worker(port, host=network.host, prefix=beyond)
            run = Distributed(load, 1, host=network.host, port=port, workers=2, **changes)
            run.workers.append(there)
            stack.callback(run.end)
            return run

        yield start


def test_a_worker_of_another_machine_plays_its_share_by_the_masters_clock(
    start: Callable[..., Distributed],
) -> None:
    other_clock = ("unshare", "--time", "--monotonic", "100000", "--fork", "--kill-child")
    if subprocess.run([*other_clock, "true"], capture_output=True).returncode:
        pytest.skip("no time namespaces here")
    run = start(*other_clock)
    played = run.played()
    assert played.total("completed") == played.total("planned") == 100
    assert run.exit_codes() == [0, 0]
    started = {message.worker: message for message in played.messages if message.kind == "started"}
    assert started[0].boot_id != started[1].boot_id
    assert abs(started[0].at_s - started[1].at_s) < 0.005
    for message in played.messages:
        if message.kind == "progress":
            assert 0.9 < message.at_s - started[0].at_s < 3
    assert (played.lag("wake_lag").max_s or 0) < 0.5


def test_a_cut_network_loses_the_worker_beyond_it_and_nothing_that_was_received(
    start: Callable[..., Distributed], network: Network
) -> None:
    run = start(duration_s=2.5, rate=50)
    heard: set[int] = set()
    while heard != {0, 1}:
        heard.add(run.hear_until(lambda message: message.kind == "progress").worker)
    network.cut()
    played = run.played()
    [lost] = [message for message in played.messages if message.kind == "lost"]
    [final] = [message for message in played.messages if message.kind == "final"]
    assert played.exit_code == 0
    assert lost.name.endswith(f":{run.workers[1].pid}")
    assert final.worker != lost.worker
    by_worker = dict.fromkeys((0, 1), 0)
    for message in played.messages:
        by_worker[message.worker] += sum(row.completed for row in message.rows)
    assert by_worker[final.worker] in (62, 63)
    assert 20 <= by_worker[lost.worker] < 62
    assert run.exit_codes() == [0, 3]
