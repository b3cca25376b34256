import time
from random import Random
from typing import Any

import pytest
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry

from loadstone.load.arrival import Arrival
from loadstone.load.recorder import Recorder
from loadstone.load.statistics import DIFFERENT_ERRORS, Statistics, take_over_statistics

PLAN_START_S = 1000.0
WALL_S = 1_700_000_000.3


class Clock:
    """The wall clock, moved by hand."""

    def __init__(self) -> None:
        self.now_s = WALL_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


class Both:
    """The same requests, to Locust one by one and to us by the second."""

    def __init__(self) -> None:
        self.one_by_one = RequestStats()
        self.fed = RequestStats()
        self.statistics = Statistics(self.fed)
        self.recorder = Recorder()
        self.recorder.plan_start_s = PLAN_START_S

    def request(self, method: str, name: str, at_s: float, latency_s: float, error: str = "") -> None:
        start_s = PLAN_START_S + at_s
        self.recorder.request(f"{method} {name}", Arrival(0, start_s, 1), start_s, start_s + latency_s, error)
        self.one_by_one.log_request(method, name, latency_s * 1000, 0)  # type: ignore[arg-type]
        if error:
            self.one_by_one.log_error(method, name, error)

    def feed(self) -> None:
        self.statistics.feed(self.recorder.take_rows(), self.recorder.take_session_endpoints())


@pytest.fixture
def played(wall: Clock) -> Both:
    both = Both()
    random = Random(3)
    for second in range(20):
        for n in range(50):
            name = ("/videos/{id}", "/feed")[n % 5 == 0]
            both.request("GET", name, second + n / 50, random.expovariate(8.0))
        both.request("POST", "/posts", second + 0.5, 0.5, "HTTP 503" if second % 2 else "")
        wall.now_s = WALL_S + second + random.uniform(0.6, 0.99)
        both.feed()
    return both


def test_counts_failures_and_extremes_are_exact(played: Both) -> None:
    for theirs, ours in pairs(played):
        assert ours.num_requests == theirs.num_requests > 0
        assert ours.num_failures == theirs.num_failures
        assert ours.fail_ratio == theirs.fail_ratio
        assert ours.min_response_time == pytest.approx(theirs.min_response_time, abs=0.001)
        assert ours.max_response_time == pytest.approx(theirs.max_response_time, abs=0.001)
        assert ours.avg_response_time == pytest.approx(theirs.avg_response_time, abs=0.001)


def test_percentiles_agree_to_locusts_rounding(played: Both) -> None:
    for theirs, ours in pairs(played):
        assert ours.median_response_time == pytest.approx(theirs.median_response_time, rel=0.02, abs=1)
        for share in (0.5, 0.9, 0.95, 0.99, 1.0):
            expected = theirs.get_response_time_percentile(share)
            assert ours.get_response_time_percentile(share) == pytest.approx(expected, rel=0.1, abs=1)
        assert sum(ours.response_times.values()) == ours.num_requests


def test_the_charts_current_percentile_looks_at_the_last_ten_seconds(wall: Clock) -> None:
    both = Both()
    for second in range(40):
        for n in range(20):
            both.request("GET", "/", second + n / 20, 0.02 if second < 25 else 0.2)
        wall.now_s = WALL_S + second + 0.9
        both.feed()
    assert both.fed.total.get_response_time_percentile(0.5) == 20
    assert both.fed.total.get_current_response_time_percentile(0.5) == 200
    assert both.one_by_one.total.get_current_response_time_percentile(0.5) == 200


def test_the_current_rate_is_that_of_the_last_seconds_though_feeds_jitter(played: Both) -> None:
    assert played.fed.total.current_rps == 51
    assert played.fed.get("/feed", "GET").current_rps == 10
    assert played.fed.get("/posts", "POST").current_fail_per_sec == 0.5


def test_errors_are_counted_by_their_text(played: Both) -> None:
    [error] = played.fed.errors.values()
    [theirs] = played.one_by_one.errors.values()
    assert played.fed.errors.keys() == played.one_by_one.errors.keys()
    assert (error.name, error.method, error.error, error.occurrences) == ("/posts", "POST", "HTTP 503", 10)
    assert error.occurrences == theirs.occurrences
    assert error.first_seen is not None
    assert error.last_seen is not None
    assert error.first_seen < error.last_seen


def test_a_second_without_requests_changes_nothing(played: Both) -> None:
    before = played.fed.total.last_request_timestamp
    played.feed()
    assert played.fed.total.last_request_timestamp == before


def test_the_sessions_requests_count_too_as_they_do_in_locust(wall: Clock) -> None:
    both = Both()
    both.recorder.request("POST /login", None, PLAN_START_S, PLAN_START_S + 0.1)
    both.feed()
    assert both.fed.get("/login", "POST").num_requests == both.fed.total.num_requests == 1


def pairs(played: Both) -> list[tuple[StatsEntry, StatsEntry]]:
    keys = [("/videos/{id}", "GET"), ("/feed", "GET"), ("/posts", "POST")]
    entries = [(played.one_by_one.get(*key), played.fed.get(*key)) for key in keys]
    return [*entries, (played.one_by_one.total, played.fed.total)]


def test_locusts_own_listener_is_taken_off_and_others_stay() -> None:
    environment = Environment()
    heard = []
    request: Any = environment.events.request
    request.add_listener(lambda **event: heard.append(event))
    environment.create_local_runner()
    recorder = Recorder()
    statistics = take_over_statistics(environment, recorder)
    request.fire(request_type="GET", name="/", response_time=5, response_length=0, exception=None)
    assert len(heard) == 1
    assert environment.stats.num_requests == 0
    recorder.request("GET /", None, PLAN_START_S, PLAN_START_S + 0.1)
    statistics.feed([], recorder.take_session_endpoints())
    assert environment.stats.num_requests == 1
    assert recorder.warnings.take() == []


def test_a_locust_whose_listener_is_not_found_is_said() -> None:
    recorder = Recorder()
    take_over_statistics(Environment(), recorder)
    assert "count requests twice" in recorder.warnings.take()[0]


def test_errors_with_ids_in_them_are_added_up_from_some_number_on() -> None:
    stats, recorder = RequestStats(), Recorder()
    recorder.plan_start_s = PLAN_START_S
    statistics = Statistics(stats)
    for number in range(600):
        recorder.request(
            "GET /", Arrival(number, PLAN_START_S, 1), PLAN_START_S, PLAN_START_S, f"no {number}"
        )
        statistics.feed(recorder.take_rows())
    assert len(stats.errors) == DIFFERENT_ERRORS + 1
    assert sum(error.occurrences for error in stats.errors.values()) == 600
