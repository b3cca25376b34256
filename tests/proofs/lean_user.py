"""One GET per arrival, through the lean client."""

from locust import task

from loadstone import HttpUser


class Visitor(HttpUser):
    """Asks for the one page."""

    @task
    def visit(self) -> None:
        """Ask once."""
        self.client.get("/page")
