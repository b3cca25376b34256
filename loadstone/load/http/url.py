"""Where a request goes: the server and the path of a URL."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from loadstone.errors import LoadstoneError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9!$%&'()*+,\-./:;=?@\[\]_~]*")  # needs no quoting
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_NO_HOST = re.compile(r"[\0- \"<>\\^`{|}\x7f]")
_CREDENTIALS = re.compile(r"//[^/?#]*@")
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


@dataclass(slots=True)
class Target:
    """One resource: its server, and the path and query that are sent."""

    origin: Origin
    path: str

    @property
    def url(self) -> str:
        """The absolute URL."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"

    def with_query(self, query: str) -> "Target":
        """Return this resource with more in its query."""
        if not query:
            return self
        joint = "&" if "?" in self.path else "?"
        return Target(self.origin, f"{self.path}{joint}{quote(query, safe=_KEPT_WHEN_QUOTING)}")

    def follow(self, location: str) -> "Target":
        """Return what a `Location` header of this resource's answer leads to; raises LoadstoneError."""
        with suppress(UnicodeError):  # headers are read as Latin-1, but this one may be UTF-8
            location = location.encode("latin-1").decode()
        try:
            url = urljoin(self.url, location)
        except ValueError as error:
            raise _unusable(location, str(error)) from error
        return parse_url(url)


class Base(NamedTuple):
    """The `host` of a user: what is put before a task's paths, and the credentials it may hold."""

    url: str
    origin: Origin
    path: str
    credentials: tuple[str, str] | None


@lru_cache(maxsize=64)
def parse_base(url: str) -> Base:
    """Return the parts of a user's host; raises LoadstoneError."""
    origin = parse_url(url).origin
    parts = urlsplit(url)
    credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return Base(bare.geturl(), origin, quote(parts.path, safe=_KEPT_WHEN_QUOTING), credentials)


def find_target(base: Base, url: str) -> Target:
    """Return what a task's `url` means: an absolute one, or what follows the host, as Locust joins them.

    Raises LoadstoneError.
    """
    if _PLAIN_PATH.fullmatch(url):
        return Target(base.origin, base.path + url)
    if not _ABSOLUTE.match(url):
        return parse_url(base.url + url)
    if _CREDENTIALS.search(url):
        raise _unusable(url, "it holds credentials, which would get into the report")
    return parse_url(url)


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
    if not parts.hostname or _NO_HOST.search(parts.hostname):
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
    url = _CREDENTIALS.sub("//…@", url)
    remedy = "Give a path, or a whole http(s) URL; credentials go in auth=(name, password)."
    return LoadstoneError(f"{url!r} is no URL to ask: {reason}.", remedy)
