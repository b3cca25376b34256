"""The client of one user, with the call shape of Locust's."""

import math
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

from gevent import GreenletExit

from loadstone.errors import LoadstoneError
from loadstone.load.http.connections import Connections
from loadstone.load.http.content import decode_content
from loadstone.load.http.cookies import Cookies
from loadstone.load.http.errors import BadAnswerError, BadStatusError, RequestError
from loadstone.load.http.request import (
    KNOWN_METHODS,
    Pairs,
    Request,
    check_method,
    encode_body,
    encode_pairs,
)
from loadstone.load.http.response import Reporter, Response
from loadstone.load.http.url import Target, find_target, parse_base

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Arguments of Locust's clients which this one does not have, and what to do instead.
_REMEDIES = {
    "cert": "Set `ssl_context_factory` on the user class.",
    "cookies": "Use `client.cookies.set(name, value)`, or a Cookie header.",
    "hooks": "Do it after the request, or listen to Locust's request event.",
    "files": "Give the encoded form as data=, with its Content-Type.",
    "proxies": "Ask the system under test directly; a proxy would be measured with it.",
    "stream": "Answers are always read whole.",
    "verify": "Set `insecure = True` on the user class, or `ssl_context_factory`.",
}


class Client:
    """Sends requests and reports each once, whatever became of it. Cookies and connections are its own.

    `headers` go along with every request that has none of the same name. What other attributes a Session of
    requests has cannot be set. With `catch_response=True` it is the end of the `with` block that reports.

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
        self.headers: dict[str, Any] = dict(default_headers or {})
        self.default_timeout_s = default_timeout_s
        self.request_name: str | None = None
        self._user = user
        self.base_url = host
        self._max_redirects = max_redirects
        self._body_limit = body_limit
        self._connections = Connections(body_limit, make_context)

    @property
    def base_url(self) -> str:
        """What is put before a task's paths, without credentials; may be set, as the host of a user is."""
        return self._base.url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._base = parse_base(url)
        self.cookies.host = self._base.origin.host
        if self._base.credentials:
            self.headers.setdefault("Authorization", basic_auth(*self._base.credentials))

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
        if timeout is not None:
            _check_timeout(timeout)
        if method not in KNOWN_METHODS:
            method = check_method(method)
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
        body, defaults = encode_body(data, json) if data or json is not None else (b"", ())
        if self.headers:
            defaults += tuple(self.headers.items())  # what a task has set goes before what a body implies
        items = tuple(headers.items()) if headers else ()
        if auth:
            items += (("Authorization", basic_auth(*auth)),)
        return Request(method, target, defaults, items, body)

    def _run(self, request: Request, response: Response, timeout_s: float, follow: bool) -> None:
        """Make `response` of what `request` brings, and report it."""
        response.start_s = time.monotonic()
        try:
            self._ask(request, response, response.start_s + timeout_s, follow)
        except RequestError as error:
            response.fail(_bare(error))
        except (GreenletExit, LoadstoneError):  # the user is stopped; or nothing was sent
            raise
        except BaseException as error:  # a task's own timeout, whatever it raises: told, it goes its way
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
        headers = response.headers
        if "set-cookie" in headers.lower:
            self.cookies.store(target, headers.get_all("set-cookie"))
        if "content-encoding" in headers.lower:
            coding = headers.get("content-encoding") or ""
            response.content = decode_content(response.content, coding, self._body_limit)


def basic_auth(user: str | bytes, password: str | bytes) -> str:
    """Return the `Authorization` header of a name and a password, in Latin-1 as Locust's clients have it."""
    pair = b":".join(part.encode("latin-1") if isinstance(part, str) else part for part in (user, password))
    return f"Basic {b64encode(pair).decode()}"


def _bare(error: RequestError) -> RequestError:
    """Drop the traceback: its frames hold on to the response, the received bytes and the socket."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


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
        if value not in (None, True) if name == "verify" else value:
            raise LoadstoneError(f"{name}= is not supported by loadstone.HttpUser.", _REMEDIES[name])


def _check_timeout(timeout: Any) -> None:
    if not isinstance(timeout, int | float) or not 0 <= timeout < math.inf:
        raise LoadstoneError(
            f"timeout={timeout!r} is no number of seconds.", "Give one number: it bounds the whole request."
        )
