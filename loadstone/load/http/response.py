"""What a task gets back, and what is reported: one finished request."""

import json as jsonlib
import time
from datetime import timedelta
from email.message import Message
from functools import lru_cache
from types import TracebackType
from typing import Any, Protocol, Self

from locust.exception import (
    CatchResponseError,
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    ResponseError,
    StopTest,
    StopUser,
)

from loadstone.load.http.cookies import Cookies
from loadstone.load.http.errors import describe
from loadstone.load.http.headers import Headers
from loadstone.load.http.url import Target

# How a task ends itself: nothing is wrong with the request it does so in.
_TASK_ENDS = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser)

# Where a response stands: without a block; before, in, and after its block.
_PLAIN, _CAUGHT, _ENTERED, _LEFT = range(4)


class Reporter(Protocol):
    """What a response knows of the user who asked."""

    def report(self, response: "Response") -> None:
        """Take a finished request; called once for each."""

    def context(self) -> dict[str, Any]:
        """Return what goes along with each of the user's requests."""


class Response:
    """A finished request, answered or not. Instants are seconds of CLOCK_MONOTONIC.

    `start_s` is just before the send, or before the connection was made when there was none to reuse; `end_s`
    is when the last byte was there. `status_code` is 0 without a whole answer, and `error` is then why.

    With `catch_response=True` it is a context manager, and reported when the block ends: `success()` and
    `failure(…)` decide, or else an exception in the block, or else `error`.
    """

    __slots__ = (
        "_decided",
        "_headers",
        "_stage",
        "content",
        "context",
        "encoding",
        "end_s",
        "error",
        "head",
        "js",
        "method",
        "name",
        "start_s",
        "status_code",
        "target",
        "user",
    )

    def __init__(
        self, user: Reporter, method: str, name: str, target: Target, context: dict[str, Any], catch: bool
    ) -> None:
        self.user = user
        self.method = method
        self.name = name
        self.context = context
        self.status_code = 0
        self.head = ""
        self.content = b""
        self.error: BaseException | None = None
        self.start_s = self.end_s = 0.0
        self.encoding: str | None = None  # a task may set the charset of `text`
        self.js: Any = None  # Locust's `rest` puts the parsed body here
        self.target = target
        self._headers: Headers | None = None
        self._decided = False
        self._stage = _CAUGHT if catch else _PLAIN

    @property
    def ok(self) -> bool:
        """Whether there is an answer of a status below 400."""
        return 0 < self.status_code < 400

    @property
    def failure_text(self) -> str:
        """Why the request failed: short, equal for equal failures; empty when it did not."""
        return "" if self.error is None else describe(self.error)

    @property
    def headers(self) -> Headers:
        """The answer's headers; none without an answer."""
        if self._headers is None:
            self._headers = Headers(self.head)
        return self._headers

    @property
    def reason(self) -> str:
        """What the status line says after the status; empty without an answer."""
        return self.head.partition("\r\n")[0].partition(" ")[2].partition(" ")[2]

    @property
    def cookies(self) -> Cookies:
        """The cookies that this answer set; those of the user are `client.cookies`."""
        cookies = Cookies(self.target.origin.host)
        cookies.store(self.target, self.headers.get_all("set-cookie"))
        return cookies

    @property
    def url(self) -> str:
        """The absolute URL, after redirects."""
        return self.target.url

    @property
    def text(self) -> str:
        """The body in the charset its header names, else UTF-8; what cannot be decoded is replaced."""
        charset = self.encoding or _charset(self.headers.get("content-type") or "")
        try:
            return self.content.decode(charset, "replace")
        except (LookupError, ValueError):  # no charset, or one that cannot replace
            return self.content.decode("utf-8", "replace")

    @property
    def elapsed(self) -> timedelta:
        """The service time."""
        return timedelta(seconds=self.end_s - self.start_s)

    def json(self) -> Any:
        """Return the parsed body; raises ValueError."""
        return jsonlib.loads(self.content)

    def raise_for_status(self) -> None:
        """Raise what makes this request a failure, if something does."""
        if self.error is not None:
            raise self.error

    def success(self) -> None:
        """Report this request as good, whatever the answer was."""
        self._decide(None)

    def failure(self, reason: Any) -> None:
        """Report this request as failed; `reason` is an exception or a text, equal for equal failures."""
        self._decide(reason if isinstance(reason, Exception) else CatchResponseError(reason))

    def redirect(self, target: Target) -> None:
        """Note that the answer is to be had elsewhere; used by the client."""
        self.target = target
        self._headers = None

    def fail(self, error: BaseException) -> None:
        """Note that there is no whole, readable answer, and why; used by the client."""
        self.status_code = 0
        self.head, self.content = "", b""
        self._headers = None
        self.error = error
        self.end_s = time.monotonic()

    def finish(self) -> None:
        """Report now, unless a `with` block will; used by the client."""
        if self._stage == _PLAIN:
            self.user.report(self)

    def __enter__(self) -> Self:
        if self._stage == _PLAIN:
            raise LocustError("A with block around a request needs catch_response=True.")
        if self._stage == _CAUGHT:
            self._stage = _ENTERED
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if self._stage == _LEFT:
            return False
        if not self._decided and isinstance(raised, Exception) and not isinstance(raised, _TASK_ENDS):
            self.error = raised
        self._stage = _LEFT
        self.user.report(self)
        return isinstance(raised, ResponseError) and not self._decided

    def _decide(self, error: Exception | None) -> None:
        if self._stage == _PLAIN:
            raise LocustError("To decide on a response, make the request with catch_response=True.")
        if self._stage != _ENTERED:
            raise LocustError("To decide on a response, use a with block: `with client.get(…) as response`.")
        self._decided = True
        self.error = error

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    return message.get_content_charset("utf-8")
