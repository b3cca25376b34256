"""The client of one user, with the call shape of Locust's."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

from gevent import Timeout

from loadstone.errors import LoadstoneError
from loadstone.load.http.connections import Connections
from loadstone.load.http.content import decode_content
from loadstone.load.http.cookies import Cookies
from loadstone.load.http.errors import BadAnswerError, BadStatusError, RequestError
from loadstone.load.http.request import Pairs, Request, encode_body, encode_pairs
from loadstone.load.http.response import Reporter, Response
from loadstone.load.http.url import Target, find_target, parse_base

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Arguments of Locust's clients which this one does not have, and what to do instead.
_REMEDIES = {
    "cert": "Set `ssl_context_factory` on the user class.",
    "cookies": "Use `client.cookies.set(name, value, domain)`, or a Cookie header.",
    "files": "Give the encoded form as data=, with its Content-Type.",
    "proxies": "Ask the system under test directly; a proxy would be measured with it.",
    "stream": "Answers are always read whole.",
    "verify": "Set `insecure = True` on the user class, or `ssl_context_factory`.",
}


class Client:
    """Sends requests and reports each once, whatever became of it. Cookies and connections are its own.

    `headers` go along with every request that has none of the same name. What other attributes a Session of
    requests has cannot be set.

    Raises LoadstoneError, sending and reporting nothing, for what cannot be a request.
    """

    __slots__ = (
        "_base",
        "_body_limit",
        "_connections",
        "_max_redirects",
        "_user",
        "cookies",
        "default_timeout_s",
        "headers",
        "request_name",
    )

    def __init__(
        self,
        user: Reporter,
        host: str,
        *,
        default_headers: Mapping[str, Any] | None = None,
        default_timeout_s: float = 60.0,
        max_redirects: int = 30,
        body_limit: int,
        make_context: Callable[[], SSLContext],
    ) -> None:
        self.cookies = Cookies()
        self.default_timeout_s = default_timeout_s
        self.request_name: str | None = None
        self._user = user
        self._base = parse_base(host)
        self.headers: dict[str, Any] = dict(default_headers or {})
        if self._base.credentials:
            self.headers.setdefault("Authorization", basic_auth(*self._base.credentials))
        self._max_redirects = max_redirects
        self._body_limit = body_limit
        self._connections = Connections(body_limit, make_context)

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        *,
        params: Pairs | str | bytes | None = None,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
        catch_response: bool = False,
        context: Mapping[str, Any] | None = None,
        **unsupported: Any,
    ) -> Response:
        """Send a request and return what became of it; see Locust's documentation for the arguments.

        `timeout` is in seconds and bounds everything from making the connection to the last byte, redirects
        included. `url` is a path below the user's host, or absolute.
        """
        if unsupported:
            _refuse(unsupported)
        target = find_target(self._base, url)
        if params:
            target = target.with_query(encode_pairs(params))
        known = self._user.context()
        response = Response(
            self._user,
            method,
            name or self.request_name or url,
            target,
            {**known, **context} if context else known,
            catch_response,
        )
        request = self._prepare(method, target, data, json, headers, auth)
        self._run(request, response, self.default_timeout_s if timeout is None else timeout, allow_redirects)
        return response

    def get(self, url: str, **options: Any) -> Response:
        """Send a GET request; the options are those of `request`."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        """Send a HEAD request; the options are those of `request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> Response:
        """Send an OPTIONS request; the options are those of `request`."""
        return self.request("OPTIONS", url, **options)

    def delete(self, url: str, **options: Any) -> Response:
        """Send a DELETE request; the options are those of `request`."""
        return self.request("DELETE", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> Response:
        """Send a POST request; the options are those of `request`."""
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url: str, data: Any = None, **options: Any) -> Response:
        """Send a PUT request; the options are those of `request`."""
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: str, data: Any = None, **options: Any) -> Response:
        """Send a PATCH request; the options are those of `request`."""
        return self.request("PATCH", url, data=data, **options)

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Give the requests of a `with` block one name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def _prepare(
        self,
        method: str,
        target: Target,
        data: Any,
        json: Any,
        headers: Mapping[str, Any] | None,
        auth: tuple[str | bytes, str | bytes] | None,
    ) -> Request:
        body, items = encode_body(data, json) if data or json is not None else (b"", ())
        if headers:
            items += tuple(headers.items())
        if auth:
            items += (("Authorization", basic_auth(*auth)),)
        defaults = tuple(self.headers.items()) if self.headers else ()
        return Request(method, target, defaults, items, body)

    def _run(self, request: Request, response: Response, timeout_s: float, follow: bool) -> None:
        """Make `response` of what `request` brings, and report it."""
        response.start_s = time.monotonic()
        try:
            self._ask(request, response, response.start_s + timeout_s, follow)
        except RequestError as error:
            response.fail(error)
        except Timeout as error:  # a task's own, around the request: it is told, and goes its way
            response.fail(error)
            self._user.report(response)
            raise
        response.finish()

    def _ask(self, request: Request, response: Response, deadline_s: float, follow: bool) -> None:
        for _ in range(self._max_redirects + 1):
            self._exchange(request, response, deadline_s)
            status = response.status_code
            if status not in _REDIRECTS or not follow or not (location := response.headers.get("location")):
                break
            request = _redirected(request, status, location)
            response.redirect(request.target)
        else:
            raise BadAnswerError(f"more than {self._max_redirects} redirects")
        if status >= 400:
            response.error = BadStatusError(f"HTTP {status}")

    def _exchange(self, request: Request, response: Response, deadline_s: float) -> None:
        """Send one request and make its answer that of `response`."""
        target = request.target
        cookie = self.cookies.header_for(target) if self.cookies else ""
        sent = request.encode(cookie)
        answer = self._connections.exchange(target.origin, sent, request.method, deadline_s)
        response.end_s = time.monotonic()
        response.status_code, response.head, response.content = answer
        names = response.head.lower()  # a few searches cost less than a Headers for each response
        if "set-cookie" in names:
            self.cookies.store(target, response.headers.get_all("set-cookie"))
        if "content-encoding" in names:
            coding = response.headers.get("content-encoding") or ""
            response.content = decode_content(response.content, coding, self._body_limit)


def basic_auth(user: str | bytes, password: str | bytes) -> str:
    """Return the `Authorization` header of a name and a password, in Latin-1 as Locust's clients have it."""
    pair = b":".join(part.encode("latin-1") if isinstance(part, str) else part for part in (user, password))
    return f"Basic {b64encode(pair).decode()}"


def _redirected(request: Request, status: int, location: str) -> Request:
    try:
        return request.redirected(status, request.target.follow(location))
    except LoadstoneError as error:
        raise BadAnswerError("redirected to what is no http URL") from error


def _refuse(options: Mapping[str, Any]) -> None:
    """Refuse what this client cannot do; an option that asks for what it does anyway is fine."""
    for name, value in options.items():
        if name not in _REMEDIES:
            raise TypeError(f"a request has no argument {name!r}")
        if value is not None and value is not (name == "verify"):
            raise LoadstoneError(f"{name}= is not supported by loadstone.HttpUser.", _REMEDIES[name])
