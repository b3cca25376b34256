from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.arrivals import replay
from loadstone.arrivals.replay import read_replay
from loadstone.errors import LoadstoneError

COMBINED = '192.0.2.7 - frank [{time}] "GET /a HTTP/1.1" 200 2326 "http://example.org/" "Mozilla/5.0 [en]"'


def recorded(folder: Path, *lines: str) -> str:
    path = folder / "recorded"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def log(folder: Path, *times: str) -> str:
    return recorded(folder, *(COMBINED.format(time=time) for time in times))


def starts_s(path: str, speed: float = 1.0, horizon_s: float = 1e6) -> list[float]:
    return list(read_replay(path, speed).starts_s(horizon_s))


def test_offsets_of_a_csv_file_are_the_plan(tmp_path: Path) -> None:
    path = recorded(tmp_path, "0.5,GET /", "1.25,GET /", '"3",GET /')
    assert starts_s(path) == [0.5, 1.25, 3.0]
    assert starts_s(path, horizon_s=3.0) == [0.5, 1.25]
    assert read_replay(path).warnings == ()


def test_a_csv_file_may_have_a_header_and_empty_lines(tmp_path: Path) -> None:
    path = recorded(tmp_path, "\ufeffoffset_s", "0", "", "1")
    assert starts_s(path) == [0.0, 1.0]
    assert read_replay(path).warnings == ()


def test_offsets_out_of_order_are_sorted(tmp_path: Path) -> None:
    assert starts_s(recorded(tmp_path, "2", "0", "1")) == [0.0, 1.0, 2.0]


def test_a_speed_divides_the_offsets(tmp_path: Path) -> None:
    assert starts_s(recorded(tmp_path, "1", "2"), speed=4.0) == [0.25, 0.5]


@pytest.mark.parametrize("line", ["-1", "nan", "inf", "soon", '"'])
def test_a_line_without_an_offset_is_left_out_and_counted(tmp_path: Path, line: str) -> None:
    path = recorded(tmp_path, "0", line, "1")
    assert starts_s(path) == [0.0, 1.0]
    assert read_replay(path).warnings == (f"1 line of {path} without a time left out of the replay.",)


def test_an_access_log_begins_at_its_first_second_and_spreads_each_second_evenly(tmp_path: Path) -> None:
    path = log(tmp_path, *["10/Oct/2000:13:55:36 -0700"] * 4, "10/Oct/2000:13:55:38 -0700")
    assert starts_s(path) == [0.0, 0.25, 0.5, 0.75, 2.0]
    assert read_replay(path).peak_rate(10.0) == 4.0
    assert read_replay(path, 2.0).peak_rate(10.0) == 4.0 + 1.0 - 1.0


def test_an_access_log_out_of_order_is_sorted(tmp_path: Path) -> None:
    path = log(
        tmp_path, "31/Dec/1999:23:59:59 +0000", "01/Jan/2000:00:00:01 +0000", "01/Jan/2000:00:00:00 +0000"
    )
    assert starts_s(path) == [0.0, 1.0, 2.0]


def test_the_time_zones_of_an_access_log_are_counted_in(tmp_path: Path) -> None:
    path = log(tmp_path, "10/Oct/2000:13:55:36 -0700", "10/Oct/2000:22:55:37 +0200")
    assert starts_s(path) == [0.0, 1.0]


def test_the_common_format_is_read_too(tmp_path: Path) -> None:
    path = recorded(tmp_path, '::1 - - [29/Feb/2024:00:00:00 +0000] "GET / HTTP/1.0" 200 -')
    assert starts_s(path) == [0.0]


@pytest.mark.parametrize(
    "line", ["", "rubbish", COMBINED.format(time="31/Feb/2000:13:55:36 +0000"), "[10/Oct"]
)
def test_the_lines_of_a_log_that_tell_no_time_are_left_out_and_counted(tmp_path: Path, line: str) -> None:
    entry = COMBINED.format(time="10/Oct/2000:13:55:36 -0700")
    path = recorded(tmp_path, line, entry, line, line)
    assert starts_s(path) == [0.0]
    left_out = (f"3 lines of {path} without a time left out of the replay.",) if line else ()
    assert read_replay(path).warnings == left_out


def test_bytes_that_are_no_text_are_a_line_without_a_time(tmp_path: Path) -> None:
    path = tmp_path / "recorded"
    path.write_bytes(b"0\n\xff\xfe\n1\n")
    assert starts_s(str(path)) == [0.0, 1.0]


def test_a_line_of_any_length_takes_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "LINE_LIMIT", 10)
    path = recorded(tmp_path, "0", "x" * 35, "1")
    assert starts_s(path) == [0.0, 1.0]
    assert read_replay(path).warnings == (f"4 lines of {path} without a time left out of the replay.",)


def test_more_offsets_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "OFFSET_LIMIT", 2)
    with pytest.raises(LoadstoneError, match=r"more than 2 offsets.*a part of it"):
        read_replay(recorded(tmp_path, "0", "1", "2"))


@pytest.mark.parametrize("content", ["", "offset_s", "rubbish\nrubbish"])
def test_a_file_without_times_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(LoadstoneError, match=r"recorded holds no times.*access log"):
        read_replay(recorded(tmp_path, content))


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(
        LoadstoneError, match=r"nowhere\.csv cannot be read: No such file.*replay:access\.log"
    ):
        read_replay(str(tmp_path / "nowhere.csv"))
    with pytest.raises(LoadstoneError, match="cannot be read"):
        read_replay(str(tmp_path))


@given(st.lists(st.floats(0, 1e9), min_size=1), st.floats(0.1, 100))
def test_every_offset_is_planned_once(
    tmp_path_factory: pytest.TempPathFactory, offsets_s: list[float], speed: float
) -> None:
    path = recorded(tmp_path_factory.getbasetemp(), *map(str, offsets_s))
    assert starts_s(path, speed, horizon_s=1e12) == [offset_s / speed for offset_s in sorted(offsets_s)]


@given(st.lists(st.integers(0, 59), min_size=1))
def test_every_entry_of_a_log_is_planned_once_in_its_second(
    tmp_path_factory: pytest.TempPathFactory, seconds: list[int]
) -> None:
    path = log(
        tmp_path_factory.getbasetemp(), *(f"10/Oct/2000:13:55:{second:02} +0000" for second in seconds)
    )
    planned_s = starts_s(path)
    assert [int(start_s) + min(seconds) for start_s in planned_s] == sorted(seconds)
    assert all(earlier < later for earlier, later in pairwise(planned_s))
