from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.load.facts import close_facts, flush_facts, open_facts
from loadstone.records.event import Event, read_events
from loadtests.facts import fact


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Path]:
    open_facts(str(tmp_path / "events.jsonl"))
    yield tmp_path / "events.jsonl"
    close_facts()


def events(path: Path) -> list[Event]:
    flush_facts()
    return list(read_events(path))


def test_a_settled_fact_happened_and_carries_what_came_of_it(recorded: Path) -> None:
    with fact("video/1", "caching.update", "a session", content="x") as update:
        update.settle(version=2)
    (event,) = events(recorded)
    assert (event.key, event.operation, event.process) == ("video/1", "caching.update", "a session")
    assert (event.value, event.outcome) == ({"content": "x", "version": 2}, "ok")
    assert event.start_s <= event.end_s


def test_a_refused_fact_did_not_happen(recorded: Path) -> None:
    with fact("1", "view_counting.view") as view:
        view.refuse()
    assert events(recorded)[0].outcome == "failed"


def test_what_is_cut_off_is_recorded_as_indeterminate(recorded: Path) -> None:
    with pytest.raises(KeyboardInterrupt), fact("1", "view_counting.view", viewer="v"):
        raise KeyboardInterrupt
    (event,) = events(recorded)
    assert (event.value, event.outcome) == ({"viewer": "v"}, "indeterminate")
