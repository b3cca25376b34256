"""A user's dealings with the reference service: signing in, asking, sending back what has been seen."""

import json
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from locust import FastHttpUser, between

from loadstone import record_event, scenario_setting

PROCESS = secrets.token_hex(4)
"""Tells this process's sessions, viewers and authors from those of any other process or run."""

SEEDED_PASSWORD = "loadstone"

_turns = count()
_numbers = count(1)


@dataclass
class Session:
    """One signed-in browser. It sends back the newest consistency token that it was given."""

    name: str
    user_id: int
    access_token: str
    consistency_token: str = ""

    def headers(self) -> dict[str, str]:
        """Return the request headers that say who asks, and what they have seen."""
        headers = {"Authorization": f"Bearer {self.access_token}"}
        if self.consistency_token:
            headers["X-Consistency-Token"] = self.consistency_token
        return headers


@dataclass(frozen=True)
class Answer:
    """What came back: status 0 when nothing did; a body only with 2xx.

    `cache` and `node` tell what served it, where it is said.
    """

    status: int
    body: Any
    cache: str
    node: str

    @property
    def good(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """True when the service said that it did not do it: 4xx. After 5xx or silence nobody knows."""
        return 400 <= self.status < 500


class ServiceUser(FastHttpUser):
    """A Locust user of the reference service; an open workload replaces its `wait_time`."""

    abstract = True
    wait_time = between(0.5, 2.0)
    concurrency = 1

    def ask(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        body: Any = None,
        session: Session | None = None,
        refusals: Collection[int] = (),
    ) -> Answer:
        """Send one request. `name` is its path with placeholders; a status among `refusals` is no failure."""
        headers = session.headers() if session else {}
        arguments = {"name": name or path, "json": body, "headers": headers}
        if refusals:
            with self.client.request(method, path, catch_response=True, **arguments) as response:
                if response.status_code in refusals:
                    response.success()
        else:
            response = self.client.request(method, path, **arguments)
        return _answer(response, session)

    def ask_inside(self, method: str, path: str) -> Any:
        """Return what the service tells of its inside; None where it tells nothing, as in production.

        Raises RuntimeError when it answers anything but 2xx or 404.
        """
        answer = self.ask(method, path, refusals=[404])
        if not (answer.good or answer.status == 404):
            raise RuntimeError(f"cannot learn what the service holds: {path} answered HTTP {answer.status}")
        return answer.body

    def sign_in(self, number: int = 0) -> Session:
        """Log in as a seeded user: the given one, else the next that this process has not used yet."""
        number = number or next(_turns) % scenario_setting("users", 200) + 1
        return self._log_in(number, f"user{number}", SEEDED_PASSWORD)

    def sign_up(self) -> Session:
        """Register a user nobody has seen before, and log in: no limit of theirs is used up."""
        username, password = f"author-{PROCESS}-{next(_numbers)}", secrets.token_hex(8)
        body = {"username": username, "password": password, "display_name": "Author"}
        answer = self.ask("POST", "/users", body=body)
        if not answer.good:
            raise RuntimeError(f"cannot register {username}: HTTP {answer.status}")
        session = self._log_in(answer.body["id"], username, password)
        record_event(str(session.user_id), "rate_limiting.sign_up", None, time.monotonic(), time.monotonic())
        return session

    def _log_in(self, user_id: int, username: str, password: str) -> Session:
        answer = self.ask("POST", "/auth/login", body={"username": username, "password": password})
        if not answer.good:
            raise RuntimeError(f"cannot log in as {username}: HTTP {answer.status}; is the service seeded?")
        return Session(f"{PROCESS}/{username}/{next(_numbers)}", user_id, answer.body["access_token"])


def _answer(response: Any, session: Session | None) -> Answer:
    headers = response.headers or {}
    if session and (token := headers.get("X-Consistency-Token")):
        session.consistency_token = token
    answer = Answer(response.status_code, None, headers.get("X-Cache", ""), headers.get("X-Served-By", ""))
    # A failure's body may come from a proxy, as a page or nothing; no scenario reads it.
    return replace(answer, body=json.loads(response.content)) if answer.good and response.content else answer
