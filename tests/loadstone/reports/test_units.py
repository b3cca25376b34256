import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.records.run import Quantiles
from loadstone.reports.units import (
    length_text,
    named_text,
    number_text,
    plain_text,
    quantile_text,
    rate_text,
    seconds_text,
)

FACTORS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.000_001, "≤1 µs"),
        (0.000_004, "4.0 µs"),
        (0.000_412, "412 µs"),
        (0.000_999_6, "1.0 ms"),
        (0.0019, "1.9 ms"),
        (0.009_96, "10 ms"),
        (0.034, "34 ms"),
        (0.9996, "1.00 s"),
        (1.25, "1.25 s"),
        (12.34, "12.3 s"),
        (123.4, "123 s"),
    ],
)
def test_a_duration_has_two_or_three_digits_and_the_unit_that_fits(
    duration_s: float | None, text: str
) -> None:
    assert seconds_text(duration_s) == text


@given(st.floats(min_value=1e-6, max_value=900))
def test_a_duration_is_off_by_at_most_five_per_cent_and_seven_characters_long(duration_s: float) -> None:
    number, unit = seconds_text(duration_s).removeprefix("≤").split()
    assert float(number) * FACTORS[unit] == pytest.approx(duration_s, rel=0.055)
    assert len(seconds_text(duration_s)) <= 6 + (unit == "µs")


@given(st.floats(min_value=1e-6, max_value=60), st.floats(min_value=1e-6, max_value=60))
def test_a_longer_duration_never_reads_shorter(one_s: float, other_s: float) -> None:
    def read(duration_s: float) -> float:
        number, unit = seconds_text(duration_s).removeprefix("≤").split()
        return float(number) * FACTORS[unit]

    shorter_s, longer_s = sorted((one_s, other_s))
    assert read(shorter_s) <= read(longer_s)


def test_only_the_quantiles_that_the_record_names_are_lower_bounds() -> None:
    quantiles = Quantiles(p50=0.002, p99=0.03, lower_bound=["p99", "p999"])
    assert [quantile_text(quantiles, name) for name in ("p50", "p99", "p999")] == ["2.0 ms", "≥30 ms", "–"]


@pytest.mark.parametrize(
    ("per_second", "text"), [(0, "0"), (9.74, "9.7"), (9.97, "10"), (1234.5, "1,234"), (None, "–")]
)
def test_a_rate_has_one_decimal_below_ten(per_second: float | None, text: str) -> None:
    assert rate_text(per_second) == text


@pytest.mark.parametrize(
    ("duration_s", "text"), [(30, "30 s"), (0.5, "0.5 s"), (120, "2 min"), (5400, "1 h 30 min")]
)
def test_a_planned_length_is_spelled_out(duration_s: float, text: str) -> None:
    assert length_text(duration_s) == text


@pytest.mark.parametrize(
    ("number", "text"), [(3, "3"), (61_000.0, "61,000"), (1.0345, "1.034"), (12_345.67, "12,345.7")]
)
def test_a_number_of_unknown_kind_keeps_four_digits(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("name", "value", "label_and_text"),
    [
        ("wait_p99_s", 0.21, ("wait p99", "210 ms")),
        ("written_at_s", 12_345.6789, ("written at", "12,345.679 s")),
        ("memory_bytes", 8_000_000_000, ("memory", "8,000.0 MB")),
        ("hit_ratio", 0.931, ("hit ratio", "93.1 %")),
        ("ok_s", None, ("ok s", "–")),
        ("key", "video:1", ("key", "video:1")),
        ("dirty", False, ("dirty", "no")),
    ],
)
def test_a_unit_moves_from_the_name_to_the_value(
    name: str, value: object, label_and_text: tuple[str, str]
) -> None:
    assert named_text(name, value) == label_and_text


def test_nested_values_are_spelled_out_in_one_line() -> None:
    assert plain_text({"cores": [0, 1], "git": {"dirty": True}}) == "cores 0, 1, git dirty yes"
