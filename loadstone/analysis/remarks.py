"""Sentences about a run, each once."""

from collections.abc import Iterator

LIMIT = 100
OTHERS = "there were more remarks than are kept."


class Remarks:
    """A bounded number of different sentences, as they first came; `count` counts repetitions, too."""

    def __init__(self) -> None:
        self.count = 0
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        """Keep a sentence that is new; beyond the limit, that there were more."""
        self.count += 1
        known = text in self._texts or len(self._texts) < LIMIT
        self._texts[text if known else OTHERS] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)
