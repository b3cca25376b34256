"""`python -m tests.loadstone.load.recorded REQUESTS`: record them, and print by how much the process grew.

Everything between a finished request and the stream runs as in the engine: the recorder, its rows taken every
second, Locust's statistics fed with them, and the message encoded. Only the clock is played.
"""

import json
import sys
import time
from random import Random

import psutil
from locust.stats import RequestStats

from loadstone.load.arrival import Arrival
from loadstone.load.recorder import Recorder
from loadstone.load.statistics import Statistics
from loadstone.records.load import LoadMessage, encode_message

RATE = 25_000  # arrivals a second of the plan

_random = Random(1)
# From 0.2 ms to a minute, so that every bucket there is gets filled.
DURATIONS_S = [2e-4 * 10 ** _random.uniform(0, 5.5) for _ in range(10_007)]


def main(requests: int) -> None:
    """Print `grown_bytes`, the most over the start, and `late_bytes`, of the second half over the first."""
    recorder, stats = Recorder(), RequestStats()
    statistics = Statistics(stats)
    recorder.plan_start_s = 0.0
    process = psutil.Process()
    start_bytes = process.memory_info().rss
    grown_bytes = []
    for second in range(requests // RATE):
        record_a_second(recorder, second)
        rows = recorder.take_rows()
        statistics.feed(rows)
        encode_message(LoadMessage("progress", 0, second, float(second), rows=rows))
        grown_bytes.append(process.memory_info().rss - start_bytes)
    half = len(grown_bytes) // 2
    late_bytes = max(grown_bytes[half:]) - max(grown_bytes[:half])
    print(json.dumps({"told": stats.num_requests, "grown_bytes": max(grown_bytes), "late_bytes": late_bytes}))


def record_a_second(recorder: Recorder, second: int) -> None:
    """Record what a second of the plan brings."""
    for number in range(second * RATE, (second + 1) * RATE):
        record_one(recorder, Arrival(number, number / RATE, seed=1), DURATIONS_S[number % len(DURATIONS_S)])


def record_one(recorder: Recorder, arrival: Arrival, duration_s: float) -> None:
    """Record an arrival with one request, of one of two endpoints; one in fifty fails."""
    arrival.sent_s = arrival.intended_s + 6e-5
    arrival.taken_s = start_s = arrival.sent_s + 3e-5
    end_s = start_s + duration_s
    recorder.planned(arrival, arrival.sent_s)
    recorder.sent(arrival)
    recorder.taken(arrival)
    endpoint = ("GET /feed", "GET /videos/{id}")[arrival.number % 2]
    error = "HTTP 503" if arrival.number % 50 == 0 else ""
    recorder.request(endpoint, arrival, start_s, end_s, error, {"queue": 0.001, "sql": duration_s / 2})
    time.monotonic = lambda: end_s
    recorder.completed(arrival)


if __name__ == "__main__":
    main(int(sys.argv[1]))
