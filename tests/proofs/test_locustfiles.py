"""The examples of Locust's own repository, unmodified, each played open by a load process.

They come from a source distribution of an older Locust, the last kind that holds them; pip fetches it.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loadstone.load.played import Load, Played
from tests.proofs.conftest import ROOT

LOCUST = "locust==2.20.1"
RATE = 20
ARRIVALS = 40

# What each asks of the site; several files send no request at all.
FILES = {
    "add_command_line_argument.py": set(),
    "basic.py": {"GET /", "GET /stats/requests", "GET /does_not_exist"},
    "custom_shape/double_wave.py": {"GET /"},
    "custom_shape/stages.py": {"GET /"},
    "custom_shape/staging_user_classes.py": {"GET /"},
    "custom_shape/step_load.py": {"GET /"},
    "custom_wait_function.py": {"GET /", "GET /stats/requests", "GET /does_not_exist"},
    "debugging.py": {"GET /hello"},
    "dynamic_user_credentials.py": {"GET /protected/resource"},
    "events.py": {"GET /", "GET /stats/requests"},
    "fast_http_locust.py": {"GET /", "GET /stats/requests"},
    "manual_stats_reporting.py": {
        "manual decorator_test",
        "manual failing_task",
        "manual successful_task",
    },
    "multiple_hosts.py": {"GET /", "GET /stats/requests"},
    "nested_inline_tasksets.py": {"GET /", "GET /stats/requests"},
    "semaphore_wait.py": {"GET /"},
}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the examples."""
    folder = tmp_path_factory.mktemp("locust")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        "locust",
        LOCUST,
    ]
    fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if fetched.returncode:
        pytest.skip(f"pip cannot fetch the sources of {LOCUST}: {fetched.stderr.strip()[-200:]}")
    with tarfile.open(next(folder.glob("locust-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("locust-*/examples"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a web site that answers everything."""
    command = [sys.executable, "-m", "tests.loadstone.load.website"]
    website = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert website.stdout is not None
        yield f"http://127.0.0.1:{website.stdout.readline().strip()}"
    finally:
        website.kill()
        website.communicate()


@pytest.mark.parametrize(("name", "endpoints"), FILES.items(), ids=FILES)
def test_an_example_of_locust_runs_open(
    name: str,
    endpoints: set[str],
    examples: Path,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("API_HOST", url)  # multiple_hosts.py reads it
    load = Load(tmp_path, url, "")
    plan = load.plan("#", rate=RATE, duration_s=ARRIVALS / RATE, drain_s=5, max_in_flight=30)
    plan.locustfile = str(examples / name)
    played = Played(load.start(plan))
    assert played.exit_code == 0, played.stderr
    assert played.notes("recorder_errors") == []
    assert played.total("completed") == played.total("planned") == ARRIVALS
    assert played.endpoints() <= endpoints
    assert bool(played.endpoints()) == bool(endpoints)
