"""One page, asked for at `RATE_PER_USER` a second by each user where the workload is closed."""

import os
import random
import time

from locust import FastHttpUser, constant_throughput, task

RATE_PER_USER = float(os.environ.get("RATE_PER_USER", "10"))


class Visitor(FastHttpUser):
    """Waits for its answer, then until its next request is due."""

    wait_time = constant_throughput(RATE_PER_USER)

    def on_start(self) -> None:
        """Begin at an instant of one's own: Locust's users would all ask at once, again and again."""
        time.sleep(random.uniform(0, 1 / RATE_PER_USER))

    @task
    def visit(self) -> None:
        """Ask once."""
        self.client.get("/")
