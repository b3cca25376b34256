"""A service that counts: with COUNTING=lossy it forgets every tenth."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOSSY = os.environ.get("COUNTING") == "lossy"
asked = 0
counted = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        global asked, counted
        if self.path == "/count":
            asked += 1
            counted += not (LOSSY and asked % 10 == 0)
        bodies = {"/metrics": f"example_counted_total {counted}\n", "/counted": str(counted)}
        body = bodies.get(self.path, "ok").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
