"""The locustfile of the calibration: one request and nothing else, by each HTTP client."""

from locust import FastHttpUser, HttpUser, task

import loadstone


class LeanVisitor(loadstone.HttpUser):
    """By Loadstone's own client."""

    @task
    def visit(self) -> None:
        """Get the one answer that the null server has."""
        self.client.get("/")


class FastVisitor(FastHttpUser):
    """By Locust's client over geventhttpclient."""

    @task
    def visit(self) -> None:
        """Get the one answer that the null server has."""
        self.client.get("/")


class PlainVisitor(HttpUser):
    """By Locust's client over requests."""

    @task
    def visit(self) -> None:
        """Get the one answer that the null server has."""
        self.client.get("/")
