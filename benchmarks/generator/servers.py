"""What every subject is held against: a server that answers at once and counts what it answered."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

from loadstone.null_load import start_null_server
from loadstone.null_server import COUNT_PATH
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian
from loadstone.stack.process import ChildProcess

READY_LIMIT_S = 10.0
NGINX_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type text/plain; return 200 "ok"; }}
    location = {count_path} {{ stub_status; }}
  }}
}}
"""


@dataclass
class Server:
    """A running server; `count` reads from its answer how many requests it has answered."""

    name: str
    url: str
    count: Callable[[str], int]
    counts_readings: bool  # among the requests
    readings: int = 0

    def served(self) -> int:
        """Return how many requests of others it has answered: an observer beside what subjects say."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", COUNT_PATH.decode())
            page = connection.getresponse().read().decode()
        finally:
            connection.close()
        self.readings += 1
        return self.count(page) - (self.readings if self.counts_readings else 0)

    def answers(self) -> bool:
        """Return whether it is ready."""
        try:
            self.served()
        except OSError:
            return False
        return True


def start_server(guardian: Guardian) -> Server:
    """Start nginx with one worker where it is installed, else the null server, on the system's cores."""
    program = shutil.which("nginx")
    if program is None:
        return Server("loadstone.null_server", start_null_server(guardian), int, counts_readings=False)
    port = guardian.reserve_port()
    configuration = guardian.directory / "nginx.conf"
    configuration.write_text(
        NGINX_CONFIGURATION.format(folder=guardian.directory, port=port, count_path=COUNT_PATH.decode())
    )
    process = ChildProcess(
        guardian, "nginx", [program, "-e", "stderr", "-c", str(configuration)], cores=split_cores().system
    )
    url = f"http://127.0.0.1:{port}"
    server = Server("nginx, one worker", url, count_of_stub_status, counts_readings=True)
    process.wait_until(server.answers, "answer", READY_LIMIT_S)
    return server


def count_of_stub_status(page: str) -> int:
    """Return the requests that nginx has answered: the last of the three numbers of the page's third line."""
    return int(page.splitlines()[2].split()[2])
