"""Helpers for tests that run Locust. They need a pytest process of their own: importing locust patches it.

So this folder is collected only when it is asked for: `pytest tests/loadstone/load`.
"""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.loadstone.load.played import Load, Played

if any("loadstone/load" in argument for argument in sys.argv):
    with warnings.catch_warnings():
        # pytest's plugins have imported ssl before gevent could patch it; no test here speaks TLS.
        warnings.simplefilter("ignore")
        import locust  # noqa: F401
else:
    collect_ignore_glob = ["test_*.py"]

ONE_GET = """
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        self.client.get("/")
"""


@contextmanager
def started_server(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `server.py`; yield its URL and process."""
    script = Path(__file__).with_name("server.py")
    process = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process
    finally:
        process.kill()
        process.communicate()


StartServer = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Return a function that starts `server.py` with arguments of its own."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(started_server(*arguments))


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The URL of a server that answers at once."""
    with started_server("gate", "1e9", "0") as (url, _):
        yield url


@pytest.fixture
def load(tmp_path: Path, url: str) -> Load:
    """What starts `python -m loadstone.load` on a locustfile; by default one GET, to the quick server."""
    return Load(tmp_path, url, ONE_GET)


@pytest.fixture
def play(load: Load) -> Callable[..., Played]:
    """Play a plan to its end: `play(locustfile, rate=…)`."""
    return load.play
