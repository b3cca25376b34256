"""A service for the tests: answers GET with its settings, and dies or fails when it is told to.

Run by path, so that it needs nothing but the standard library.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHOWN = ("DATABASE_URL", "DATABASE_READ_REPLICAS", "REDIS_URL", "GREETING")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({name: os.environ.get(name, "") for name in SHOWN}).encode()
        self.send_response(200 if self.path == "/ready" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(verb: str, *arguments: str) -> None:
    if verb == "serve":
        ThreadingHTTPServer(("127.0.0.1", int(arguments[0])), Handler).serve_forever()
    elif verb == "fail":
        print("\n".join(f"line {n}" for n in range(1, 31)), flush=True)
        sys.exit(f"no such table: {arguments[0]}")
    elif verb == "linger":
        time.sleep(float(arguments[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
