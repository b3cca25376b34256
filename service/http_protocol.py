"""The server's HTTP, with a note of when it began to read each request."""

from time import perf_counter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.timing import READ_AT


class StampedProtocol(HttpToolsProtocol):
    """Tells the application when the first byte of a request was read; it comes to run later than that."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        cast(dict[str, Any], self.scope)[READ_AT] = perf_counter()
