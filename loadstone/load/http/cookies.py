"""The cookies of one user, by the rules of RFC 6265 that matter to a test of a known system."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from loadstone.errors import LoadstoneError
from loadstone.load.http.url import Origin, Target

COUNT_LIMIT = 200  # per user; the oldest goes
SIZE_LIMIT = 4096  # bytes of name and value, as browsers have it; a larger one is ignored
PATH_LIMIT = 1024  # bytes; a longer one counts as none, as in browsers

_SENDABLE = re.compile(r"[!-:<-~]([ -:<-~]*[!-:<-~])?")  # printable ASCII without semicolons


class Cookie(NamedTuple):
    """`host_only` cookies go to `domain` alone, others to what is below it, too."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires_s: float | None  # by the wall clock; None: with the user

    def goes_to(self, target: Target, now_s: float) -> bool:
        """Return whether a request to `target` carries this cookie."""
        return (
            (self.expires_s is None or self.expires_s > now_s)
            and _in_domain(target.origin.host, self.domain, self.host_only)
            and _below(_path_of(target), self.path)
            and (not self.secure or _is_secure(target.origin))
        )


class Cookies(MutableMapping[str, str]):
    """Values by name, whatever their domain; what is sent where is decided by `header_for`.

    What a task sets without a domain is for `host`.

    There is no list of public suffixes: a domain needs a dot, and the server must be in it.
    """

    def __init__(self, host: str = "") -> None:
        self.host = host
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def header_for(self, target: Target) -> str:
        """Return the value of the `Cookie` header for a request, empty when none applies."""
        now_s = time.time()
        chosen = [cookie for cookie in self._cookies.values() if cookie.goes_to(target, now_s)]
        chosen.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in chosen)

    def store(self, target: Target, lines: Iterable[str]) -> None:
        """Take in the `Set-Cookie` headers of an answer from `target`."""
        for line in lines:
            cookie = parse_cookie(line, target)
            if cookie is not None:
                self._put(cookie)

    def set(self, name: str, value: str, domain: str = "", path: str = "/") -> None:
        """Store a cookie for one host, as if it had set it; raises LoadstoneError for what cannot be sent."""
        domain = domain or self.host
        if "=" in name or not _SENDABLE.fullmatch(name) or (value and not _SENDABLE.fullmatch(value)):
            raise LoadstoneError(
                f"{name!r}: {value!r} is no cookie.",
                "Leave out semicolons, line breaks and what is not ASCII.",
            )
        self._put(Cookie(name, value, domain.lower(), True, path, False, None))

    def clear(self) -> None:
        """Forget all."""
        self._cookies.clear()

    def __getitem__(self, name: str) -> str:
        for cookie in reversed(self._cookies.values()):
            if cookie.name == name:
                return cookie.value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        keys = [key for key, cookie in self._cookies.items() if cookie.name == name]
        if not keys:
            raise KeyError(name)
        for key in keys:
            del self._cookies[key]

    def __iter__(self) -> Iterator[str]:
        return iter({cookie.name: None for cookie in self._cookies.values()})

    def __len__(self) -> int:
        return len(self._cookies)

    def _put(self, cookie: Cookie) -> None:
        key = cookie.domain, cookie.path, cookie.name
        self._cookies.pop(key, None)
        if cookie.expires_s is not None and cookie.expires_s <= time.time():
            return  # how a server deletes one
        self._cookies[key] = cookie
        if len(self._cookies) > COUNT_LIMIT:
            del self._cookies[next(iter(self._cookies))]


def parse_cookie(line: str, target: Target) -> Cookie | None:
    """Return the cookie of a `Set-Cookie` header that `target` sent; None when it may not be set."""
    pair, *rest = line.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    attributes = {
        key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)
    }
    host = target.origin.host
    domain = attributes.get("domain", "").lstrip(".").lower()
    secure = "secure" in attributes
    refused = (
        not (name and equals)
        or len(name) + len(value) > SIZE_LIMIT
        or (domain not in ("", host) and ("." not in domain or not _in_domain(host, domain, False)))
        or (secure and not _is_secure(target.origin))
    )
    if refused:
        return None
    path = attributes.get("path", "")
    if not path.startswith("/") or len(path) > PATH_LIMIT:
        path = _path_of(target).rpartition("/")[0] or "/"
    return Cookie(name, value, domain or host, not domain, path, secure, _expires_s(attributes))


def _expires_s(attributes: Mapping[str, str]) -> float | None:
    """Return when a cookie expires; Max-Age goes before Expires, and what cannot be read does not count."""
    try:
        return time.time() + int(attributes["max-age"])
    except (KeyError, ValueError, OverflowError):
        pass
    try:
        # Whatever zone it names, it is UTC (RFC 6265, section 5.1.1).
        return parsedate_to_datetime(attributes["expires"]).replace(tzinfo=UTC).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _in_domain(host: str, domain: str, host_only: bool) -> bool:
    if host == domain:
        return True
    is_address = ":" in host or host.replace(".", "").isdigit()
    return not host_only and not is_address and host.endswith(f".{domain}")


def _below(path: str, cookie_path: str) -> bool:
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")


def _path_of(target: Target) -> str:
    return target.path.partition("?")[0]


def _is_secure(origin: Origin) -> bool:
    return origin.scheme == "https"
