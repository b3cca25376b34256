"""A web site for locustfiles of any origin, with a process of its own: it has an answer for every path.

Who sends or asks for JSON gets JSON, with the names that logins and orders are asked for; others get a page
with links, a form and its token. A form that is sent leads to `/welcome`.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAGE = b"""<!DOCTYPE html>
<html><head><title>Site</title></head><body>
<p class="toctree-wrapper"><a class="internal" href="/1">1</a> <a class="internal" href="/2">2</a></p>
<form action="/sign-in" method="post"><input type="hidden" name="authenticity_token" value="t0ken"></form>
</body></html>
"""


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the answer leaves in one piece: head and body apart would wait for an acknowledgement

    def do_GET(self) -> None:
        self._answer()

    # The names are what the base class looks for.
    do_HEAD = do_OPTIONS = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self._answer(sent=True)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, sent: bool = False) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "json" in self.headers.get("Content-Type", "") + self.headers.get("Accept", ""):
            self._send(200, "application/json", json.dumps(self._facts(body)).encode())
        elif sent and self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            self._send(303, "text/html", b"", Location="/welcome")
        else:
            self._send(200, "text/html", PAGE)

    def _facts(self, body: bytes) -> dict[str, Any]:
        query = dict(parse_qsl(urlsplit(self.path).query))
        data = json.loads(body) if body else None
        name = data.get("username", "") if isinstance(data, dict) else ""
        return {
            "args": query,
            "data": data,
            "message": f"Welcome {name}!",
            "orderId": 42,
            "id": 1,
            "token": "t0ken",
        }

    def _send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=s3ssion; Path=/")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Website(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100


if __name__ == "__main__":
    website = Website(("127.0.0.1", 0), Visit)
    print(website.server_address[1], flush=True)
    website.serve_forever()
