"""The one line that tells what a pattern did, filled from its measures."""

import string
from collections.abc import Mapping
from typing import Any

ABSENT = "–"


class _Forgiving(string.Formatter):
    """Formats what was measured, and shows a dash for what was not."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        try:
            return super().get_field(field_name, args, kwargs)
        except (AttributeError, KeyError, TypeError):
            return None, field_name

    def format_field(self, value: Any, format_spec: str) -> Any:
        if value is None:
            return ABSENT
        if format_spec == "ms":
            return f"{value * 1000:.{0 if value >= 0.01 else 1}f} ms"
        try:
            return super().format_field(value, format_spec)
        except (TypeError, ValueError):  # a format for a number, and the measure is a mapping
            return str(value)


def fill(text: str, measures: Mapping[str, Any]) -> str:
    """Return the format string filled, such as `hit ratio {hit_ratio:.1%}` or `lag {lag_s[p99]:ms}`.

    `ms` shows seconds as milliseconds; what was not measured is a dash.
    """
    try:
        return _Forgiving().vformat(text, (), measures)
    except ValueError:  # no format string, such as an open brace: shown as it is
        return text
