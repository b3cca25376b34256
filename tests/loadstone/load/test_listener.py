import time
from typing import Any

import pytest
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import CatchResponseError

from loadstone.load.arrival import Arrival
from loadstone.load.listener import ARRIVAL, RequestListener, describe_failure, endpoint_name, send_instant_s
from loadstone.load.recorder import Recorder

NOW_S = 5000.0
WALL_S = 1_700_000_000.0


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: NOW_S)
    monkeypatch.setattr(time, "time", lambda: WALL_S)


@pytest.mark.usefixtures("clocks")
class TestTheSendInstant:
    def test_is_locusts_start_on_the_monotonic_clock(self) -> None:
        assert send_instant_s(WALL_S - 2.0, 0.5, earliest_s=4990.0) == NOW_S - 2.0

    def test_without_a_start_is_the_service_time_ago(self) -> None:
        assert send_instant_s(None, 0.5, earliest_s=4990.0) == NOW_S - 0.5

    @pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
    def test_stays_within_the_arrival_when_the_wall_clock_steps(self, step_s: float) -> None:
        start_s = send_instant_s(WALL_S + step_s, 0.5, earliest_s=4999.0)
        assert start_s in (4999.0, NOW_S - 0.5)


def test_an_endpoint_is_method_and_name() -> None:
    assert endpoint_name("GET", "/videos/{id}") == "GET /videos/{id}"
    assert endpoint_name("GET", "GET /videos/{id}") == "GET /videos/{id}"


class Answer:
    status_code = 503


def test_equal_failures_have_equal_texts_without_their_url() -> None:
    wrapper = ConnectionError("URL /videos/17")
    wrapper.__cause__ = TimeoutError("timed out")
    assert describe_failure(None, Answer()) == ""
    assert describe_failure(LocustBadStatusCode("/videos/17", code=503), Answer()) == "HTTP 503"
    assert describe_failure(CatchResponseError("an odd body"), Answer()) == "an odd body"
    assert describe_failure(wrapper, None) == "TimeoutError: timed out"


def fire(recorder: Recorder, **event: Any) -> None:
    RequestListener(recorder)(**{"request_type": "GET", "name": "/", "response_time": 20.0, **event})


@pytest.mark.usefixtures("clocks")
def test_a_request_counts_for_the_arrival_in_its_context() -> None:
    recorder = Recorder()
    recorder.plan_start_s = NOW_S - 1.5
    arrival = Arrival(0, NOW_S - 1.0, seed=1)
    fire(recorder, context={ARRIVAL: arrival}, start_time=WALL_S - 0.02)
    ok = recorder.take_rows()[0].endpoints["GET /"].ok
    assert (ok.latency.max_us, ok.service_time.max_us) == (1_000_000, 20_000)


def test_a_request_outside_arrivals_is_the_sessions() -> None:
    recorder = Recorder()
    fire(recorder, name="/login")
    assert recorder.take_rows() == []
    assert list(recorder.take_session_endpoints()) == ["GET /login"]


def test_the_listeners_own_error_is_counted_not_raised() -> None:
    recorder = Recorder()
    fire(recorder, response_time=None)
    fire(recorder, response_time=None)
    [error] = recorder.errors.take()
    assert "a request could not be recorded" in error
    assert error.endswith("(2 times)")
