"""What a server tells about its own time: the `Server-Timing` response header (https://www.w3.org/TR/server-timing/)."""

import re
from typing import Any

NAME_LIMIT = 16  # different names of one endpoint; a server that makes them up must not exhaust memory
HEADER = "server-timing"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*+"?+'  # one that never closes swallows the rest; possessive, so linear in time
# The name of a metric, or a parameter of it with its value; and what does not belong there.
_PIECE = re.compile(rf"([;,]|^)\s*({_TOKEN})?\s*(?:=\s*({_TOKEN}|{_QUOTED})?\s*)?([^;,]*)")


def server_timing_of(response: Any) -> dict[str, float] | None:
    """Return what a response of any client tells about the server's time; None when it tells nothing."""
    headers = getattr(response, "headers", None)
    if headers is None:
        return None
    try:
        lines = headers.get(HEADER)
    except (AttributeError, TypeError):  # a client of another protocol
        return None
    if not lines:
        return None
    return parse_server_timing(lines if isinstance(lines, str) else ", ".join(map(str, lines)))


def parse_server_timing(header: str) -> dict[str, float] | None:
    """Return seconds by name, of at most NAME_LIMIT names; None when there are none.

    Entries of one name are added up. What has no duration, or is malformed, is left out.
    """
    parts: dict[str, float] = {}
    name = ""
    for separator, token, value, junk in _PIECE.findall(header):
        if separator != ";":
            name = "" if value or junk else token
        elif name and token.lower() == "dur":
            duration_ms = None if junk else _number(value.strip('"'))
            if duration_ms is not None and (name in parts or len(parts) < NAME_LIMIT):
                parts[name] = parts.get(name, 0.0) + duration_ms / 1000
            name = ""  # a second duration does not count, even where the first was no number
    return parts or None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
