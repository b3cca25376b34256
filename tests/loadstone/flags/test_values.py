import pytest

from loadstone.errors import LoadstoneError
from loadstone.flags.values import parse_duration_s, parse_pairs, require_positive, without_option


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30.0), ("2m", 120.0), ("1h", 3600.0), ("500ms", 0.5), ("7", 7.0)]
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration_s("--duration", text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3s", "3 days", "nan"])
def test_what_is_no_duration_is_refused_with_its_flag(text: str) -> None:
    with pytest.raises(LoadstoneError, match="--drain"):
        parse_duration_s("--drain", text)


def test_pairs_keep_equals_signs_in_their_values() -> None:
    assert parse_pairs("--env", ["A=b=c", "D="]) == {"A": "b=c", "D": ""}


@pytest.mark.parametrize("text", ["A", "=b", ""])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(LoadstoneError, match="NAME=VALUE"):
        parse_pairs("--set", [text])


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_what_leaves_nothing_to_measure_is_refused_with_its_flag(value: float) -> None:
    with pytest.raises(LoadstoneError, match="--users"):
        require_positive("--users", value)


@pytest.mark.parametrize(
    "words", [["run", "--out", "a", "--rate", "5"], ["run", "--out=a", "--rate", "5"], ["run", "--rate", "5"]]
)
def test_an_option_is_left_out_with_its_value(words: list[str]) -> None:
    assert without_option(words, "--out") == ["run", "--rate", "5"]
