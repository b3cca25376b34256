"""Locust's own statistics, fed once a second: per request they would cost more than the whole recorder."""

import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import locust.stats
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsError

from loadstone.load.recorder import OTHER_ERRORS, Recorder
from loadstone.records.histogram import HistogramState, bucket_lower_us, bucket_upper_us
from loadstone.records.load import EndpointState, Row

DIFFERENT_ERRORS = 500  # kept apart during a run: texts with ids in them must not exhaust memory
_LOCUSTS_LISTENER = "Runner.__init__.<locals>.on_request"


class Statistics:
    """Adds rows to Locust's statistics, so that its web UI and a locustfile that reads them agree with ours.

    In Locust's terms: milliseconds, method and name apart, counted by the second in which they came to be
    known. A response time is our latency. Content lengths are not kept.
    """

    def __init__(self, stats: RequestStats) -> None:
        self._stats = stats
        self._first_feed_s: float | None = None
        self._errors: set[str] = set()  # keys of Locust's

    def feed(self, rows: Iterable[Row], session_endpoints: dict[str, EndpointState] | None = None) -> None:
        """Add what came to be known in the last second; to be called every second."""
        now_s = time.time()
        second = self._second(now_s)
        total = StatsEntry(self._stats, "", "")
        for endpoints in (*(row.endpoints for row in rows), session_endpoints or {}):
            for endpoint, state in endpoints.items():
                method, _, name = endpoint.partition(" ")
                delta = _entry(self._stats, method, name, state, second, now_s)
                self._stats.entries[(name, method)].extend(delta)
                total.extend(delta)
                self._add_errors(method, name, state.errors, now_s)
        self._stats.total.extend(total)

    def _second(self, now_s: float) -> int:
        """Return the second of the wall clock to count in: the next one at every call, jitter or not."""
        if self._first_feed_s is None:
            self._first_feed_s = now_s
        return int(self._first_feed_s) + round(now_s - self._first_feed_s)

    def _add_errors(self, method: str, name: str, errors: dict[str, int], now_s: float) -> None:
        for text, count in errors.items():
            key = StatsError.create_key(method, name, text)
            if key not in self._errors and len(self._errors) >= DIFFERENT_ERRORS:
                text, key = OTHER_ERRORS, StatsError.create_key(method, name, OTHER_ERRORS)
            else:
                self._errors.add(key)
            known = self._stats.errors.setdefault(key, StatsError(method, name, text, first_seen=now_s))
            known.occurrences += count
            known.last_seen = now_s


def take_over_statistics(environment: Environment, recorder: Recorder) -> Statistics:
    """Remove Locust's own listener of requests and return what feeds its statistics instead."""
    request: Any = environment.events.request
    own = [h for h in request._handlers if getattr(h, "__qualname__", "") == _LOCUSTS_LISTENER]
    if not own:
        recorder.warnings.add("Locust's statistics count requests twice: its listener was not found.")
    for handler in own:
        request.remove_listener(handler)
    return Statistics(environment.stats)


def _entry(
    stats: RequestStats, method: str, name: str, state: EndpointState, second: int, now_s: float
) -> StatsEntry:
    """Return one endpoint's news as an entry of its own, to be added to the one that stays."""
    entry = StatsEntry(stats, name, method)
    for latency in (state.ok.latency, state.failed.latency):
        _add_latencies(entry, latency)
    entry.num_failures = sum(state.failed.latency.counts.values())
    entry.last_request_timestamp = now_s
    entry.num_reqs_per_sec[second] = entry.num_requests
    if entry.num_failures:
        entry.num_fail_per_sec[second] = entry.num_failures
    return entry


def _add_latencies(entry: Any, latency: HistogramState) -> None:
    """Add one histogram; min, max and sum are exact, the rest to a thousandth before Locust rounds it."""
    if not latency.counts:
        return
    entry.num_requests += sum(latency.counts.values())
    entry.total_response_time += latency.sum_us / 1000
    entry.max_response_time = max(entry.max_response_time, latency.max_us / 1000)
    if entry.min_response_time is None or latency.min_us / 1000 < entry.min_response_time:
        entry.min_response_time = latency.min_us / 1000
    for index, count in latency.counts.items():
        entry.response_times[_response_time_ms(index)] += count


@cache
def _response_time_ms(index: int) -> int:
    """Return what Locust makes of the middle of one of our buckets, of which there are some 17,000."""
    middle_ms = (bucket_lower_us(index) + bucket_upper_us(index)) / 2000
    return locust.stats.bucket_response_time(middle_ms)
