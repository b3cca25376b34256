"""One page, asked for at `RATE_PER_USER` a second by each user where the workload is closed."""

import os
import random
import time

from locust import FastHttpUser, task

PERIOD_S = 1 / float(os.environ.get("RATE_PER_USER", "10"))


class Visitor(FastHttpUser):
    """Waits for its answer, then until its next request is due; what it missed meanwhile is forgotten.

    That is `constant_throughput`, but for the start: with that one all users ask in the same instant, again
    and again, whatever `on_start` does.
    """

    def on_start(self) -> None:
        """Begin at an instant of one's own."""
        self.due_s = time.monotonic() + random.uniform(0, PERIOD_S)
        time.sleep(self.due_s - time.monotonic())

    def wait_time(self) -> float:
        """Return the seconds until the next request is due."""
        now_s = time.monotonic()
        self.due_s = max(self.due_s + PERIOD_S, now_s)
        return self.due_s - now_s

    @task
    def visit(self) -> None:
        """Ask once."""
        self.client.get("/page")
