"""Where a request goes: the server and the path of a URL."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from loadstone.errors import LoadstoneError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN_PATH = re.compile(r"/[!-\"$-~]*")  # printable ASCII but spaces and fragments: needs no quoting
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_KEPT_WHEN_QUOTING = "!$%&'()*+,/:;=?@[]~"


class Origin(NamedTuple):
    """A server: what a connection leads to. An IPv6 `host` is without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class Target(NamedTuple):
    """One resource: its server, and the path and query that are sent."""

    origin: Origin
    path: str

    @property
    def url(self) -> str:
        """The absolute URL."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"

    def follow(self, location: str) -> "Target":
        """Return what a `Location` header of this resource's answer leads to; raises LoadstoneError."""
        return parse_url(urljoin(self.url, location))


class Base:
    """The `host` of a user, with the path and the credentials it may hold; raises LoadstoneError."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = parse_url(url)
        self.credentials: tuple[str, str] | None = None
        if parts.username and parts.password:
            self.credentials = unquote(parts.username), unquote(parts.password)
        # Put before what a task asks for, as Locust does.
        self._prefix = parts.path.rstrip("/") if parts.path == "/" else parts.path
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=self._prefix).geturl()

    def target_of(self, url: str) -> Target:
        """Return what a task's `url` means: a path below the host, or an absolute URL."""
        if _PLAIN_PATH.fullmatch(url):
            return Target(self.target.origin, self._prefix + url)
        return parse_url(url if _ABSOLUTE.match(url) else self._url + url)


@lru_cache(maxsize=1024)
def parse_url(url: str) -> Target:
    """Return the parts of an absolute http or https URL, quoted where it must be; raises LoadstoneError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unusable(url, str(error)) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise _unusable(url, "it must begin with http:// or https://")
    if not parts.hostname:
        raise _unusable(url, "it names no server")
    return Target(Origin(scheme, _ascii_host(parts.hostname), port or _DEFAULT_PORTS[scheme]), _path(parts))


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_KEPT_WHEN_QUOTING)
    return f"{path}?{quote(parts.query, safe=_KEPT_WHEN_QUOTING)}" if parts.query else path


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise _unusable(host, "its server's name cannot be encoded") from error


def _unusable(url: str, reason: str) -> LoadstoneError:
    return LoadstoneError(f"{url!r} is no URL to ask: {reason}.", "Give a path, or a whole http(s) URL.")
