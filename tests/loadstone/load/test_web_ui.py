import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.loadstone.load.distributed import Distributed, free_port
from tests.loadstone.load.played import Load, Played

# The last arrival is slow, so that the UI shows all others while it drains.
SLOW_AT_THE_END = """
from locust import FastHttpUser, task
from loadstone.load.arrival import current_arrival

class Visitor(FastHttpUser):
    @task
    def visit(self):
        if current_arrival.get().number >= 98:
            self.client.get("/slow/8", name="/slow")
        elif current_arrival.get().number % 10 == 0:
            self.client.get("/status/500", name="/broken")
        else:
            self.client.get("/")
"""


class WebUi:
    """What a browser would ask of Locust's UI."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> str:
        with urlopen(self._url + path, timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def post(self, path: str, **fields: Any) -> dict[str, Any]:
        with urlopen(self._url + path, data=urlencode(fields).encode(), timeout=5) as answer:
            decoded: dict[str, Any] = json.loads(answer.read())
            return decoded

    def requests(self) -> dict[str, dict[str, Any]]:
        """Return the statistics' rows by method and name."""
        report = json.loads(self.get("/stats/requests"))
        return {f"{row['method']} {row['name']}": row for row in report["stats"]}

    def await_requests(self, number: int) -> dict[str, dict[str, Any]]:
        """Return the rows once they count that many requests."""
        deadline_s = time.monotonic() + 7
        while (shown := self.requests())[" Aggregated"]["num_requests"] < number:
            assert time.monotonic() < deadline_s, shown
            time.sleep(0.2)
        return shown


def started(load: Load, workers: int, **changes: Any) -> tuple[Distributed, WebUi]:
    port = free_port()
    run = Distributed(load, workers, web_port=port, **changes)
    return run, WebUi(port)


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, url: str
) -> Iterator[dict[int, tuple[Distributed, WebUi]]]:
    """A run without and one with workers, by their number; at once, because most of both is waiting."""
    runs = {}
    for workers in (0, 1):
        load = Load(tmp_path_factory.mktemp(f"workers-{workers}"), url, SLOW_AT_THE_END)
        runs[workers] = started(load, workers, drain_s=9.0)
    yield runs
    for run, _ in runs.values():
        run.end()


@pytest.mark.parametrize("workers", [0, 1])
def test_the_numbers_of_the_ui_are_the_records(
    runs: dict[int, tuple[Distributed, WebUi]], workers: int
) -> None:
    run, ui = runs[workers]
    run.hear_until(lambda message: message.kind == "started")
    assert "Locust" in ui.get("/")
    shown = ui.await_requests(98)
    played = run.played()
    for name, requests, failures in [("GET /", 88, 0), ("GET /broken", 10, 10)]:
        assert (shown[name]["num_requests"], shown[name]["num_failures"]) == (requests, failures)
        latency = played.latency(name, "failed" if failures else "ok")
        assert latency.count == requests
        assert shown[name]["max_response_time"] == pytest.approx((latency.max_s or 0) * 1e3, abs=1)
    median_ms = (played.latency().quantile_s(0.5) or 0) * 1e3
    assert shown["GET /"]["median_response_time"] == pytest.approx(median_ms, abs=1)


@pytest.fixture
def long_run(load: Load) -> Iterator[tuple[Distributed, WebUi]]:
    run, ui = started(load, 0, duration_s=60.0)
    run.hear_until(lambda message: message.kind == "progress")
    yield run, ui
    run.end()


def test_the_stop_button_drains(long_run: tuple[Distributed, WebUi]) -> None:
    run, ui = long_run
    assert ui.post("/stop")["success"]
    played = run.played()
    assert played.final.kind == "final"
    assert played.total("completed") == played.total("planned") > 50


def test_the_ui_starts_and_changes_nothing(long_run: tuple[Distributed, WebUi]) -> None:
    run, ui = long_run
    answer = ui.post("/swarm", user_count=500, spawn_rate=500)
    assert not answer["success"]
    assert "only stopped" in answer["message"]
    ui.post("/user", user_class_name="Visitor")
    run.hear_until(lambda message: message.kind == "progress")
    assert json.loads(ui.get("/stats/requests"))["user_count"] == 20


def test_a_port_that_is_taken_is_a_sentence(load: Load, play: Callable[..., Played]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        played = play(web_port=taken.getsockname()[1])
    assert played.exit_code == 2
    assert "the web UI cannot be served at 127.0.0.1:" in played.stderr
