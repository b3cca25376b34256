"""Responses out of a stream of bytes, one at a time; httptools does the parsing."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loadstone.load.http.errors import BadAnswerError, ConnectionEndedError
from loadstone.load.http.headers import Headers

HEAD_LIMIT = 64 * 1024  # bytes of status line and headers; it bounds their count as well
DEFAULT_BODY_LIMIT = 64 * 1024 * 1024  # bytes, as sent and once more when decoded

# A whole response: the status, the status line and header lines as Latin-1, the body as it was sent. A plain
# tuple: a named one takes a quarter of a microsecond more to make.
Answer = tuple[int, str, bytes]

_HEAD_END = b"\r\n\r\n"


class ResponseParser:
    """Reads the responses of one connection.

    `complete` says whether a response is whole, `reusable` whether the connection may then carry another.

    httptools is not asked for headers: five callbacks cost as much as the rest of the parsing (1.3 µs
    against 0.65 µs an answer), and most answers' headers are never read. The head is kept as it came.
    """

    __slots__ = (
        "_body",
        "_body_limit",
        "_bodyless",
        "_in_head",
        "_interim",
        "_parser",
        "_raw",
        "_status",
        "complete",
        "reusable",
    )

    def __init__(self, body_limit: int = DEFAULT_BODY_LIMIT) -> None:
        self._body_limit = body_limit
        self._parser = HttpResponseParser(self)
        self._bodyless = False
        self._raw = b""  # all that came until the head was complete
        self._body: bytes | bytearray = b""
        self.begin("")

    def begin(self, method: str) -> None:
        """Expect the response to a request of this method."""
        if self._bodyless:  # httptools still waits for the body which an answer to HEAD only announces
            self._parser = HttpResponseParser(self)
        self._bodyless = method == "HEAD"
        self._interim = self._status = 0
        self._in_head = True
        self.complete = self.reusable = False

    def feed(self, data: bytes) -> None:
        """Take what was received; raises BadAnswerError."""
        if self._in_head:
            self._raw = self._raw + data if self._raw else data
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as error:
            self.reusable = False
            if not self.complete:
                raise BadAnswerError("the server switched protocols unasked") from error
        except HttpParserError as error:
            self.reusable = False
            if not self.complete:
                raise BadAnswerError(f"the answer is not HTTP: {error}") from error
        if self._in_head and len(self._raw) > HEAD_LIMIT:
            raise BadAnswerError(f"the answer's headers are over {HEAD_LIMIT} bytes")
        if len(self._body) > self._body_limit:
            raise BadAnswerError(f"the answer's body is over {self._body_limit} bytes")

    def end(self) -> None:
        """Take the end of the stream; raises ConnectionEndedError where that cuts a response off."""
        if not self._raw:
            raise ConnectionEndedError("connection closed by the server before the answer")
        if self._in_head or not self._ends_with_the_stream():
            raise ConnectionEndedError("connection closed by the server within the answer")
        self.complete = True

    def answer(self) -> Answer:
        """Hand over the complete response, once; raises BadAnswerError when its head is too large."""
        head = self._head()
        if len(head) > HEAD_LIMIT:
            raise BadAnswerError(f"the answer's headers are over {HEAD_LIMIT} bytes")
        body = bytes(self._body)
        self._raw = self._body = b""  # an idle connection holds on to no answer
        return self._status, head, body

    def _head(self) -> str:
        head, rest = b"", self._raw
        for _ in range(self._interim + 1):
            head, _, rest = rest.lstrip(b"\r\n").partition(_HEAD_END)  # the parser allows empty lines before
        return head.decode("latin-1")

    def _ends_with_the_stream(self) -> bool:
        headers = Headers(self._head())
        coding = headers.get("transfer-encoding") or ""
        return "content-length" not in headers and not coding.lower().endswith("chunked")

    def _keeps_alive_after_head(self) -> bool:
        """Answer for httptools, which takes an answer without a length for one that ends the connection."""
        if self._parser.should_keep_alive():
            return True
        head = self._head()
        closes = "close" in (Headers(head).get("connection") or "").lower()
        return head.startswith("HTTP/1.1") and not closes

    # Called by httptools.

    def on_message_begin(self) -> None:
        """Note bytes that follow a complete response: nobody asked for them."""
        if self.complete:
            self.reusable = False

    def on_headers_complete(self) -> None:
        """Note the status; an answer to HEAD is complete here."""
        if self.complete:
            return
        self._status = self._parser.get_status_code()
        self._in_head = False
        if self._bodyless and self._status >= 200:
            self.complete = True
            self.reusable = self._keeps_alive_after_head()

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if self.complete:
            self.reusable = False
            return
        if not self._body:
            self._body = data
            return
        if isinstance(self._body, bytes):  # most bodies come in one piece, which is then not copied
            self._body = bytearray(self._body)
        self._body += data

    def on_message_complete(self) -> None:
        """Note the end of the response, or of one of status 1xx before it."""
        if self.complete:
            return
        if self._status < 200:
            self._interim += 1
            self._in_head = True
        else:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()
