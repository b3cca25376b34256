import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from benchmarks.generator.subjects import (
    BASELINE,
    SUBJECTS,
    Task,
    Told,
    chosen_subjects,
    read_ab,
    read_autocannon,
    read_engine,
    read_h2load,
    read_hey,
    read_k6,
    read_locust,
    read_wrk,
)
from loadstone.errors import LoadstoneError
from loadstone.records.load import EndpointState, LoadMessage, LoadPlan, Row, encode_message

WRK = """Running 1s test @ http://127.0.0.1:1/
  1 threads and 4 connections
  50534 requests in 1.00s, 4.34MB read
Requests/sec:  50491.18"""
WRK_BAD = """  10 requests in 1.00s, 4.34MB read
  Socket errors: connect 1, read 2, write 0, timeout 3
  Non-2xx or 3xx responses: 4"""
HEY = """Status code distribution:
  [200]\t31226 responses

"""
HEY_BAD = """Status code distribution:
  [200]\t5 responses
  [503]\t6 responses

Error distribution:
  [4]\tGet "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused
"""
H2LOAD = """requests: 30088 total, 30092 started, 30088 done, 30088 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 30088 2xx, 0 3xx, 0 4xx, 0 5xx"""
H2LOAD_BAD = """requests: 10 total, 10 started, 9 done, 7 succeeded, 2 failed, 1 errored, 0 timeout
status codes: 7 2xx, 0 3xx, 2 4xx, 0 5xx"""
AB = """Complete requests:      37025
Failed requests:        0
Keep-Alive requests:    37025"""
AB_BAD = """Complete requests:      10
Failed requests:        2
   (Connect: 0, Receive: 0, Length: 2, Exceptions: 0)
Non-2xx responses:      3"""
LOCUST = [{"num_requests": 7, "num_failures": 0}, {"num_requests": 3, "num_failures": 2}]
AUTOCANNON = {"errors": 1, "timeouts": 1, "non2xx": 2, "requests": {"total": 10}}


def engine_output(*, error: str = "") -> str:
    row = Row(0, completed=3, endpoints={"GET /": EndpointState(errors={error: 2} if error else {})})
    messages = [LoadMessage("started", 0, 0, 1.0), LoadMessage("progress", 0, 1, 2.0, rows=[row])]
    return "\n".join(encode_message(message).decode() for message in messages)


@pytest.mark.parametrize(
    ("read", "output", "told"),
    [
        (read_wrk, WRK, Told(50534, 0)),
        (read_wrk, WRK_BAD, Told(10, 10)),
        (read_hey, HEY, Told(31226, 0)),
        (read_hey, HEY_BAD, Told(11, 10)),
        (read_h2load, H2LOAD, Told(30088, 0)),
        (read_h2load, H2LOAD_BAD, Told(7, 5)),
        (read_ab, AB, Told(37025, 0)),
        (read_ab, AB_BAD, Told(10, 5)),
        (read_k6, '{"requests": 12, "errors": 1}', Told(12, 1)),
        (read_locust, json.dumps(LOCUST), Told(10, 2)),
        (read_autocannon, json.dumps(AUTOCANNON), Told(10, 3)),
        (read_engine, engine_output(), Told(3, 0)),
        (read_engine, engine_output(error="HTTP 500"), Told(3, 2)),
    ],
)
def test_what_a_subject_says_is_read(read: Callable[[str], Told], output: str, told: Told) -> None:
    assert read(output) == told


@pytest.mark.parametrize("read", [read_wrk, read_ab, read_h2load])
def test_an_output_without_the_total_is_an_error(read: Callable[[str], Told]) -> None:
    with pytest.raises(LoadstoneError, match="unable to connect"):
        read("unable to connect to 127.0.0.1:1 Connection refused")


def test_every_command_names_the_url_or_reads_it_from_its_plan(tmp_path: Path) -> None:
    task = Task("http://127.0.0.1:99", connections=32, duration_s=4, folder=tmp_path)
    for subject in SUBJECTS:
        said = " ".join(subject.command(task)) + subject.standard_input(task).decode()
        assert "http://127.0.0.1:99" in said, subject.name
        assert "32" in said, subject.name


def test_the_engine_s_plan_is_a_closed_one(tmp_path: Path) -> None:
    subject = next(subject for subject in SUBJECTS if subject.name == "loadstone")
    plan = msgspec.json.decode(subject.standard_input(Task("http://h", 8, 2, tmp_path)), type=LoadPlan)
    assert (plan.workload, plan.users, plan.duration_s) == ("closed", 8, 2.0)


def test_locust_and_the_engine_are_always_there_with_the_baseline_among_them() -> None:
    names = {subject.name for subject in chosen_subjects("")}
    assert {"loadstone", "loadstone-fast", "locust-http", BASELINE} <= names


def test_an_unknown_subject_is_refused_with_those_there_are() -> None:
    with pytest.raises(LoadstoneError, match=r"no subject gun\. There are: loadstone, "):
        chosen_subjects("wrk,gun")


def test_a_subject_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LoadstoneError, match="k6 is not on PATH"):
        chosen_subjects("k6")
