import json
from dataclasses import replace

from benchmarks.generator.rounds import ClosedResult, OpenResult
from benchmarks.generator.table import Measured, json_text, markdown, ratios

MEASURED = Measured(
    server="nginx, one worker",
    cores_shared=False,
    connections=32,
    seconds=3.0,
    seed=1,
    open_rate=5000.0,
    machine={"cpu_model": "a processor"},
    closed={
        "locust-fast": [ClosedResult(1000.0, 7e-4), ClosedResult(2000.0, 7e-4), ClosedResult(1500.0, 7e-4)],
        "loadstone": [
            ClosedResult(4000.0, 1.6e-5),
            ClosedResult(6000.0, 1.6e-5),
            ClosedResult(6000.0, 1.8e-5),
        ],
    },
    open={"loadstone.HttpUser": [OpenResult(5000.0, 4e-5, 1e-4, 2e-4, 0)]},
)
TABLE = """\
Closed loop, 32 connections, one generator core, against nginx, one worker on a core of its own; medians \
(and range) of 3 rounds of 3 s in random order.

| generator | requests/s | × Locust FastHttpUser | CPU per request |
|---|---:|---:|---:|
| Loadstone, loadstone.HttpUser | 6,000 (4,000–6,000) | 4.00 | 16 µs |
| Locust, FastHttpUser | 1,500 (1,000–2,000) | 1.00 | 700 µs |

Open, 5,000 arrivals per second by Loadstone on the same two; medians.

| client | arrivals/s | CPU per arrival | wake lag p99 | latency p99 | dropped |
|---|---:|---:|---:|---:|---:|
| loadstone.HttpUser | 5,000 | 40 µs | 100 µs | 200 µs | 0 |
"""


def test_the_quickest_comes_first_and_the_method_before_the_numbers() -> None:
    assert markdown(MEASURED) == TABLE


def test_a_ratio_is_taken_within_a_round() -> None:
    assert ratios(MEASURED, "loadstone") == [4.0, 3.0, 4.0]


def test_without_the_baseline_there_are_no_ratios() -> None:
    alone = replace(MEASURED, closed={"loadstone": MEASURED.closed["loadstone"]})
    assert "| Loadstone, loadstone.HttpUser | 6,000 (4,000–6,000) | – |" in markdown(alone)
    assert json.loads(json_text(alone))["medians"]["loadstone"]["ratio"] is None


def test_a_shared_core_is_said() -> None:
    assert "on the same core" in markdown(replace(MEASURED, cores_shared=True))


def test_the_json_has_every_round_and_the_machine() -> None:
    content = json.loads(json_text(MEASURED))
    assert [result["rate"] for result in content["closed"]["loadstone"]] == [4000.0, 6000.0, 6000.0]
    assert content["medians"]["loadstone"]["rate"] == 6000.0
    assert content["machine"]["cpu_model"] == "a processor"
