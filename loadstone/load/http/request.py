"""What is sent: the bytes of a request, and what a redirect makes of it."""

import json as jsonlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from loadstone.errors import LoadstoneError
from loadstone.load.http.url import Origin, Target

HeaderItems = tuple[tuple[str, Any], ...]
Pairs = Mapping[str, Any] | Iterable[tuple[str, Any]]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
KNOWN_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_ALWAYS: HeaderItems = (
    ("User-Agent", "loadstone"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
    ("Connection", "keep-alive"),
)


@dataclass(slots=True)
class Request:
    """A request that can be sent. `headers` come on top of `defaults`, by name."""

    method: str
    target: Target
    defaults: HeaderItems
    headers: HeaderItems
    body: bytes

    def encode(self, cookie: str) -> bytes:
        """Return the request as it is sent, with the given value of the `Cookie` header if there is one."""
        try:
            headers = header_block(self.target.origin, self.defaults, self.headers)
        except TypeError as error:  # a list, say
            raise LoadstoneError(
                "a header's name or value is no text.", "Give headers texts, bytes or numbers."
            ) from error
        extra = ""
        if cookie and "\r\ncookie:" not in headers.lower():  # there may be one only, and a task's own counts
            extra = f"Cookie: {cookie}\r\n"
        if self.body or self.method in _METHODS_WITH_BODY:
            extra += f"Content-Length: {len(self.body)}\r\n"
        head = f"{self.method} {self.target.path} HTTP/1.1\r\n{headers}{extra}\r\n"
        return head.encode("latin-1") + self.body

    def redirected(self, status: int, target: Target) -> "Request":
        """Return the request that an answer of this status asks for.

        303 and 302 turn anything but HEAD into GET, 301 turns POST; then the body is left out. (Locust's two
        clients agree on 302; on 301 they differ.) Credentials stay with the server they were meant for.
        """
        turned = self.method != "HEAD" and (status in (302, 303) or (status == 301 and self.method == "POST"))
        dropped = {"content-type", "content-encoding", "content-language"} if turned else set()
        if target.origin != self.target.origin:
            dropped |= {"authorization", "cookie", "host"}
        return Request(
            "GET" if turned else self.method,
            target,
            _without(self.defaults, dropped),
            _without(self.headers, dropped),
            b"" if turned else self.body,
        )


def check_method(method: str) -> str:
    """Return the method as it is sent, in capitals; raises LoadstoneError."""
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise LoadstoneError(f"{method!r} is no method.", "Give one such as GET.")
    return method.upper()


def _without(items: HeaderItems, names: set[str]) -> HeaderItems:
    return tuple((name, value) for name, value in items if name.lower() not in names)


@lru_cache(maxsize=1024)
def header_block(origin: Origin, defaults: HeaderItems, headers: HeaderItems) -> str:
    """Return the lines of a request's headers; a later one replaces an earlier of its name, None removes it.

    Requests have their headers from the same few dictionaries over and over, so the lines are kept.
    """
    named = {name.lower(): (name, value) for name, value in (("Host", origin.authority), *_ALWAYS)}
    for name, value in (*defaults, *headers):
        named[name.lower()] = (name, value)
    named.pop("content-length", None)  # counted when sent
    return "".join(_line(name, value) for name, value in named.values() if value is not None)


def _line(name: str, value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if not _TOKEN.fullmatch(name) or any(character in text for character in "\r\n\0"):
        raise LoadstoneError(f"{name!r}: {text!r} is no header.", "Leave line breaks out of headers.")
    if name.lower() == "transfer-encoding":
        raise LoadstoneError(
            "a request cannot set Transfer-Encoding.", "Bodies are sent whole, with a length."
        )
    if not text.isascii() and not isinstance(value, bytes):
        text = text.encode().decode("latin-1")  # UTF-8 in the end: the head is sent as Latin-1
    return f"{name}: {text}\r\n"


def encode_body(data: Any, json: Any) -> tuple[bytes, HeaderItems]:
    """Return the body and the headers that go with it; `json` counts only where there is no `data`."""
    if data:
        if isinstance(data, str):
            return data.encode(), ()
        if isinstance(data, bytes | bytearray | memoryview):
            return bytes(data), ()
        if isinstance(data, Mapping | list | tuple):
            form = encode_pairs(data).encode()
            return form, (("Content-Type", "application/x-www-form-urlencoded"),)
        raise LoadstoneError(
            f"data= of type {type(data).__name__} cannot be sent.", "Give bytes, a string or a dictionary."
        )
    if json is not None:
        return jsonlib.dumps(json).encode(), (
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        )
    return b"", ()


def encode_pairs(pairs: Pairs | str | bytes) -> str:
    """Return names and values as in a query; a value may be a list, and None leaves its name out."""
    if isinstance(pairs, bytes):
        return pairs.decode()
    if isinstance(pairs, str):
        return pairs
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return urlencode([(name, value) for name, value in items if value is not None], doseq=True)
