"""The headers of a response, read when somebody asks for one."""

from collections.abc import Iterator, Mapping


class Headers(Mapping[str, str]):
    """Names in any case; several headers of one name are one value with commas, or `get_all`.

    `lower` is the head in lower case: a name that is not in it is no header's.

    Few requests have their headers read, so the head stays bytes until then: decoding five headers of
    every answer would cost a tenth of the client's time.
    """

    __slots__ = ("_head", "_index", "lower")

    def __init__(self, head: str) -> None:
        """`head` is a status line and header lines that a strict parser has accepted: CRLF, no folding."""
        self._head = head
        self.lower = head.lower()
        self._index: dict[str, list[str]] | None = None

    def may_have(self, name: str) -> bool:
        """Return False when there surely is no header of this lower-case name; cheap."""
        return name in self.lower

    def get_all(self, name: str) -> list[str]:
        """Return the values of every header of this name, in order."""
        name = name.lower()
        if not self.may_have(name):
            return []
        return list(self._parsed().get(name, ()))

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return the value of a header, or `default`."""
        return ", ".join(values) if (values := self.get_all(name)) else default

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"

    def _parsed(self) -> dict[str, list[str]]:
        if self._index is None:
            self._index = {}
            for line in self._head.split("\r\n")[1:]:
                name, _, value = line.partition(":")
                self._index.setdefault(name.lower(), []).append(value.strip(" \t"))
        return self._index
