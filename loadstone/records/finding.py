"""What was found out about one thing that measurements depend on."""

from collections.abc import Sequence
from dataclasses import dataclass

OK, WARN, BAD = "ok", "warn", "bad"
NOT_VISIBLE = "not visible here"
EXIT_USABLE, EXIT_UNUSABLE = 0, 2


@dataclass(frozen=True)
class Finding:
    """`status` is ok, warn (numbers may be disturbed) or bad (no measuring); `remedy` says what to do."""

    name: str
    seen: str
    status: str = OK
    remedy: str = ""


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 2 when something makes measuring impossible, else 0."""
    return EXIT_UNUSABLE if any(finding.status == BAD for finding in findings) else EXIT_USABLE


def judged(name: str, seen: str | None, trouble: bool, remedy: str) -> Finding:
    """Return a finding that warns where there is trouble; None is not visible, and no trouble."""
    if seen is None:
        return Finding(name, NOT_VISIBLE)
    return Finding(name, seen, WARN, remedy) if trouble else Finding(name, seen)
