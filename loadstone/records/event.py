"""One fact that a check may judge, as the scenario saw it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

Outcome = Literal["ok", "failed", "indeterminate"]


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one process did to one key, and between which instants of this host's CLOCK_MONOTONIC.

    `operation` is `family.verb`, such as `caching.read`. `indeterminate` says that the answer never came:
    the operation may have happened, or may yet.
    """

    process: str
    key: str
    operation: str
    value: Any
    start_s: float
    end_s: float
    outcome: Outcome = "ok"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Return the event as one JSON line, newline included."""
    return _encoder.encode(event) + b"\n"


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a file, oldest first; a last line cut short by a kill is left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _decoder.decode(line)


def worker_events_path(path: str, worker: int) -> str:
    """Return where one of several workers writes its facts: `events.jsonl` → `events-2.jsonl`."""
    whole = Path(path)
    return str(whole.with_stem(f"{whole.stem}-{worker}"))
