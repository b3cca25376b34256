"""Violations shown, not only counted: a few that someone can look into."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

EXAMPLES_KEPT = 10


def first_examples(violations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first violations, at most `EXAMPLES_KEPT`: each with its key, instants and values."""
    return list(islice(violations, EXAMPLES_KEPT))
