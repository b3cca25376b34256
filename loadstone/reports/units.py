"""Numbers as a tired engineer reads them: base units in, short text out. `–` stands for "not measured"."""

from typing import Any

from loadstone.records.run import Quantiles

ABSENT = "–"
AT_LEAST = "≥"
SHORTEST_S = 1e-6


def seconds_text(duration_s: float | None) -> str:
    """Return a duration with two or three significant digits in µs, ms or s: `412 µs`, `1.9 ms`, `1.25 s`.

    A microsecond is the shortest that a histogram knows: it stands for 0, too.
    """
    if duration_s is None:
        return ABSENT
    rounded_s = float(f"{duration_s:.3g}")
    if rounded_s == 0:
        return "0 s"
    if 0 < rounded_s <= SHORTEST_S:
        return "≤1 µs"
    if abs(rounded_s) < 1e-3:
        return f"{_short(rounded_s * 1e6)} µs"
    if abs(rounded_s) < 1:
        return f"{_short(rounded_s * 1e3)} ms"
    return f"{_three_digits(rounded_s)} s"


def quantile_text(quantiles: Quantiles, name: str) -> str:
    """Return one of the quantiles, with `≥` when the record calls it a lower bound."""
    value_s: float | None = getattr(quantiles, name)
    bound = AT_LEAST if value_s is not None and name in quantiles.lower_bound else ""
    return bound + seconds_text(value_s)


def count_text(count: float | None) -> str:
    """Return a whole number with thousands separated: `5,412`."""
    return ABSENT if count is None else f"{round(count):,}"


def rate_text(per_second: float | None) -> str:
    """Return a rate without its unit: one decimal below ten, whole from there on."""
    return ABSENT if per_second is None else _short(per_second)


def share_text(share: float | None) -> str:
    """Return a share of one as per cent: `93.1 %`."""
    return ABSENT if share is None else f"{share * 100:.1f} %"


def number_text(number: float) -> str:
    """Return a number of unknown kind, four significant digits at least, whole numbers whole."""
    if float(number).is_integer():
        return f"{number:,.0f}"
    return f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.1f}"


def length_text(duration_s: float) -> str:
    """Return a planned length of time: `30 s`, `2 min`, `1 h 30 min`."""
    if duration_s < 120:
        return f"{duration_s:g} s"
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def named_text(name: str, value: Any) -> tuple[str, str]:
    """Return a free-form entry of the record as label and text; the unit moves from the name to the value."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if name.endswith("_s"):
            return _words(name.removesuffix("_s")), _exact_seconds_text(value)
        if name.endswith("_bytes"):
            return _words(name.removesuffix("_bytes")), f"{value / 1e6:,.1f} MB"
        if name.endswith(("ratio", "share")):
            return _words(name), share_text(value)
    return _words(name), plain_text(value)


def plain_text(value: Any) -> str:
    """Return a value of the record's free-form parts in one line; mappings and lists are spelled out."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, dict):
        return ", ".join(" ".join(named_text(str(name), part)) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain_text(part) for part in value)
    return str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _exact_seconds_text(instant_s: float) -> str:
    """Return an instant or a duration to the millisecond: examples are compared by their differences."""
    if abs(instant_s) < 1:
        return seconds_text(instant_s)
    return f"{instant_s:,.3f}".rstrip("0").rstrip(".") + " s"


def _short(number: float) -> str:
    return f"{number:.1f}" if 0 < round(abs(number), 1) < 10 else f"{number:,.0f}"


def _three_digits(number: float) -> str:
    if number < 10:
        return f"{number:.2f}"
    return f"{number:.1f}" if number < 100 else f"{number:,.0f}"
