from pathlib import Path

from loadstone.records.event import Event, encode_event, read_events


def test_events_are_read_back_and_a_cut_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = [
        Event("s1", "k", "caching.read", 3, 1.0, 2.0),
        Event("s1", "k", "caching.write", 4, 2.0, 3.0, "failed"),
    ]
    path.write_bytes(b"".join(map(encode_event, events)) + b'{"process"')
    assert list(read_events(path)) == events


def test_a_run_without_facts_has_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "events.jsonl")) == []
