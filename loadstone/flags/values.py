"""Texts of flags, made into numbers and pairs."""

import math
from collections.abc import Sequence

from loadstone.durations import seconds_in
from loadstone.errors import LoadstoneError


def parse_duration_s(flag: str, text: str) -> float:
    """Return the seconds in `30s`, `2m`, `1h`, `500ms` or `30`; raises LoadstoneError otherwise."""
    duration_s = seconds_in(text)
    if duration_s is None:
        raise LoadstoneError(f"{flag} {text} is no duration.", "Write it as 30s, 2m or 1h.")
    return duration_s


def parse_pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a mapping; raises LoadstoneError for one that is not of this form."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise LoadstoneError(f"{flag} {text} is no pair.", f"Write it as {flag} NAME=VALUE.")
        pairs[name] = value
    return pairs


def require_positive(flag: str, value: float) -> None:
    """Raise LoadstoneError unless the value is a finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise LoadstoneError(f"{flag} {value:g} leaves nothing to measure.", "Give a value above 0.")


def without_option(words: Sequence[str], name: str) -> list[str]:
    """Return the words of a command line without an option and its value, written as two words or as one."""
    before = ["", *words]
    return [
        word
        for previous, word in zip(before, words, strict=False)
        if name not in (previous, word) and not word.startswith(f"{name}=")
    ]
