import pytest

from loadstone.durations import seconds_in


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30.0), ("2m", 120.0), ("1h", 3600.0), ("500ms", 0.5), (" 7 ", 7.0), ("1.5m", 90.0)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3s", "3 days", "nan", "1e3", "3s 4m"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert seconds_in(text) is None
