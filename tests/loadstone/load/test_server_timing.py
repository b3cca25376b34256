from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.load.server_timing import NAME_LIMIT, parse_server_timing, server_timing_of

names = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=8)
durations_ms = st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("db;dur=53", {"db": 0.053}),
        ("miss, db;dur=53, app;dur=47.2", {"db": 0.053, "app": 0.0472}),
        ('cache;desc="Cache Read, cold; dur=9";dur=23.2', {"cache": 0.0232}),
        (r'cache;desc="a \" quote, and; more";dur=1', {"cache": 0.001}),
        ("sql;dur=1, render;dur=2, sql;dur=3", {"sql": 0.004, "render": 0.002}),
        (' db ; DUR = 5 ,app; dur="6"', {"db": 0.005, "app": 0.006}),
        ("db;dur=4;dur=9", {"db": 0.004}),
        ("db;dur=;dur=9, app;dur=1", {"app": 0.001}),
        ("db;dur=soon, app;dur=nan, a;dur=inf, b;dur=-1, c;dur=1e400, d;dur=1", {"d": 0.001}),
        ("a b;dur=1, ;dur=2, ,, =;dur=3, d;dur=4", {"d": 0.004}),
        ('db;desc="never closed, app;dur=1', None),
        ("dc;desc=atl", None),
        ("miss, ;dur=2, dur=3, a;dur=1 or so;dur=5, b;dur=2", {"b": 0.002}),
        ("", None),
    ],
)
def test_durations_are_read_by_name_and_what_is_malformed_is_left_out(
    header: str, parts: dict[str, float] | None
) -> None:
    assert parse_server_timing(header) == (None if parts is None else pytest.approx(parts))


@given(
    st.lists(st.tuples(names, durations_ms), min_size=1, max_size=NAME_LIMIT, unique_by=lambda part: part[0])
)
def test_what_a_server_says_is_what_is_read(parts: list[tuple[str, int]]) -> None:
    header = ", ".join(f'{name};desc="a, b";dur={ms}' for name, ms in parts)
    assert parse_server_timing(header) == pytest.approx({name: ms / 1000 for name, ms in parts})


@given(st.text(';,="\\ dur0123456789.eab\t', max_size=200) | st.text(max_size=60))
def test_no_header_is_an_error(header: str) -> None:
    parts = parse_server_timing(header)
    assert parts is None or all(duration_s >= 0 for duration_s in parts.values())


def test_a_header_has_a_bounded_number_of_names() -> None:
    header = ", ".join(f"part{n};dur=1" for n in range(NAME_LIMIT + 5)) + ", part0;dur=1"
    parts = parse_server_timing(header)
    assert parts is not None
    assert len(parts) == NAME_LIMIT
    assert parts["part0"] == pytest.approx(0.002)


class Answer:
    def __init__(self, headers: Any) -> None:
        self.headers = headers


@pytest.mark.parametrize(
    ("response", "parts"),
    [
        (Answer({"server-timing": "db;dur=1"}), {"db": 0.001}),
        (Answer({"server-timing": ["db;dur=1", "app;dur=2"]}), {"db": 0.001, "app": 0.002}),
        (Answer({}), None),
        (Answer(None), None),
        (Answer([("server-timing", "db;dur=1")]), None),
        (object(), None),
        (None, None),
    ],
)
def test_any_clients_response_may_be_asked(response: Any, parts: dict[str, float] | None) -> None:
    assert server_timing_of(response) == parts
