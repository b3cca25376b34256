"""Users who count."""

import time

from locust import FastHttpUser, constant, task

from loadstone import record_event


class Counter(FastHttpUser):
    wait_time = constant(1)

    @task
    def count(self) -> None:
        start_s = time.monotonic()
        answer = self.client.get("/count")
        record_event(
            "all",
            "counting.count",
            1,
            start_s,
            time.monotonic(),
            "ok" if answer.status_code == 200 else "indeterminate",
        )
