import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadstone import record_event, scenario_setting
from loadstone.errors import LoadstoneError
from loadstone.load import facts
from loadstone.records.event import Event, read_events


@pytest.fixture(autouse=True)
def leave_no_trace() -> Iterator[None]:
    yield
    facts.close_facts()
    facts.use_settings({})


def test_facts_are_appended_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    facts.open_facts(str(path))
    record_event("video 1", "caching.read", {"version": 3}, 1.5, 2.0)
    record_event("user 2", "caching.update", 4, 2.0, 3.0, "indeterminate", process="session 7")
    assert facts.flush_facts() == 0
    assert list(read_events(path)) == [
        Event("", "video 1", "caching.read", {"version": 3}, 1.5, 2.0),
        Event("session 7", "user 2", "caching.update", 4, 2.0, 3.0, "indeterminate"),
    ]


def test_without_a_file_a_fact_is_nothing() -> None:
    record_event("video 1", "caching.read", object(), 0.0, 0.0)


def test_a_full_disk_is_counted_not_raised() -> None:
    facts.open_facts("/dev/full")
    record_event("video 1", "caching.read", 1, 0.0, 0.0)
    assert facts.flush_facts() == 1


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match=r"cannot write facts to .*nowhere.*No such file"):
        facts.open_facts(str(tmp_path / "nowhere" / "events.jsonl"))


def test_a_fact_costs_microseconds(tmp_path: Path) -> None:
    facts.open_facts(str(tmp_path / "events.jsonl"))
    begin_s = time.process_time()
    for _ in range(2000):
        record_event("video 1", "caching.read", 3, 1.0, 2.0)
    assert (time.process_time() - begin_s) / 2000 < 50e-6


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("3", 1, 3),
        ("0.5", 2.0, 0.5),
        ("7", 2.0, 7.0),
        ("yes", False, True),
        ("False", True, False),
        ("x", "", "x"),
    ],
)
def test_a_setting_takes_the_type_of_its_default(text: str, default: Any, value: Any) -> None:
    facts.use_settings({"name": text})
    assert scenario_setting("name", default) == value
    assert type(scenario_setting("name", default)) is type(default)


def test_a_setting_the_scenario_lacks_is_the_default() -> None:
    assert scenario_setting("absent", 12) == 12


@pytest.mark.parametrize(("text", "default"), [("many", 1), ("1.5", 1), ("maybe", True)])
def test_a_setting_that_does_not_fit_is_refused_with_its_name(text: str, default: int) -> None:
    facts.use_settings({"users": text})
    with pytest.raises(LoadstoneError, match=f"the setting users is '{text}'"):
        scenario_setting("users", default)


def test_what_a_locustfile_imports_loads_neither_locust_nor_gevent() -> None:
    script = (
        "import sys; from loadstone import arrival_random, record_event, scenario_setting;"
        "arrival_random(); sys.exit(sum(name.split('.')[0] in ('locust', 'gevent') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
