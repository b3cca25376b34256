"""What a locustfile tells the checks, and what it is told: for any process, inert under plain Locust."""

from contextlib import suppress
from typing import Any, BinaryIO, TypeVar

from loadstone.errors import LoadstoneError
from loadstone.records.event import Event, Outcome, encode_event

Setting = TypeVar("Setting", bool, int, float, str)

_BUFFER_BYTES = 1 << 20
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class _Facts:
    """Where this process's facts go, and the settings of its scenario."""

    def __init__(self) -> None:
        self.file: BinaryIO | None = None
        self.settings: dict[str, str] = {}
        self.lost = 0


_facts = _Facts()


def record_event(
    key: str,
    operation: str,
    value: Any,
    start_s: float,
    end_s: float,
    outcome: Outcome = "ok",
    process: str = "",
) -> None:
    """Tell the checks one fact; nothing happens unless `loadstone run` asked for facts.

    `operation` is `family.verb`; the instants are `time.monotonic()` around the request; `outcome` is
    `indeterminate` when no answer came. `process` names the session, where a check is about sessions.
    Raises TypeError when `value` is nothing JSON can carry. A full disk is counted and makes the run invalid.
    """
    if _facts.file is None:
        return
    line = encode_event(Event(process, key, operation, value, start_s, end_s, outcome))
    try:
        _facts.file.write(line)
    except OSError:
        _facts.lost += 1


def scenario_setting(name: str, default: Setting) -> Setting:
    """Return the scenario's setting of that name in the default's type; the default where there is none.

    Raises LoadstoneError when the value cannot be read as that type.
    """
    text = _facts.settings.get(name)
    if text is None:
        return default
    try:
        return _TRUTH[text.lower()] if isinstance(default, bool) else type(default)(text)
    except (KeyError, ValueError) as error:
        raise LoadstoneError(
            f"the setting {name} is {text!r}, which is no {type(default).__name__}.",
            f"Give a value like {default!r}.",
        ) from error


def use_settings(settings: dict[str, str]) -> None:
    """Let `scenario_setting` answer from these; the load process calls it before it loads the locustfile."""
    _facts.settings = settings


def open_facts(path: str) -> None:
    """Append facts to this file from now on. Raises LoadstoneError when it cannot be opened."""
    try:
        _facts.file = open(path, "ab", buffering=_BUFFER_BYTES)  # noqa: SIM115, PTH123 - closed by close_facts
    except OSError as error:
        raise LoadstoneError(
            f"cannot write facts to {path}: {error.strerror}.", "Give a writable --out."
        ) from error


def flush_facts() -> int:
    """Hand the buffered facts to the system; return how many facts were lost since the last call."""
    if _facts.file is not None:
        try:
            _facts.file.flush()
        except OSError:
            _facts.lost += 1
    lost, _facts.lost = _facts.lost, 0
    return lost


def close_facts() -> int:
    """Flush and record no more; return how many facts were lost since the last flush."""
    lost = flush_facts()
    file, _facts.file = _facts.file, None
    if file is not None:
        with suppress(OSError):  # a failed flush has been counted
            file.close()
    return lost
