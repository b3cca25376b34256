"""A small real server: says what it was asked, redirects, sets cookies, fails when told to."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from gevent.pywsgi import WSGIServer

Start = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Answer `/status/N`, `/redirect/N?to=URL`, `/loop`, `/cookie`, `/gzip`; else echo the request."""
    kind, _, argument = environ["PATH_INFO"].strip("/").partition("/")
    body = environ["wsgi.input"].read()
    if kind == "status":
        start(f"{argument} Said So", [("Content-Type", "text/plain")])
        return [b"" if argument in ("204", "304") else b"body"]
    if kind in ("redirect", "loop"):
        to = environ["QUERY_STRING"].partition("to=")[2] if kind == "redirect" else "/loop"
        start(f"{argument or 302} Moved", [("Location", to), ("Set-Cookie", "moved=1; Path=/")])
        return [b"moved"]
    if kind == "cookie":
        start("200 OK", [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/elsewhere")])
        return [b""]
    echoed = json.dumps(_echo(environ, body)).encode()
    headers = [("Content-Type", "application/json")]
    if kind == "gzip":
        echoed = gzip.compress(echoed)
        headers.append(("Content-Encoding", "gzip"))
    start("200 OK", headers)
    return [echoed]


def _echo(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    headers = {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    return {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "type": environ.get("CONTENT_TYPE", ""),
        "body": body.decode("latin-1"),
        "headers": headers,
    }


@contextmanager
def echoing(address: str = "127.0.0.1", **options: Any) -> Iterator[str]:
    """Run the server; yield its URL."""
    server = WSGIServer((address, 0), application, log=None, error_log=None, **options)
    server.start()
    scheme = "https" if options else "http"
    host = f"[{address}]" if ":" in address else address
    try:
        yield f"{scheme}://{host}:{server.server_port}"
    finally:
        server.stop(timeout=0)
