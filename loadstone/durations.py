"""Spans of time as people write them."""

import re

_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>ms|s|m|h)?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def seconds_in(text: str) -> float | None:
    """Return the seconds in `30s`, `2m`, `1h`, `500ms` or `30`; None when the text is no duration."""
    match = _DURATION.fullmatch(text.strip())
    return float(match["number"]) * _UNIT_S[match["unit"]] if match else None
