"""Rate limiting: authors write as many posts as the limit around the end of a window, and again after it.

One arrival is one author's session of about a window: one post opens the window of a limiter that counts
from the first request; the rest of the limit follows in the second half of that window, and the whole limit
again just after it. A limiter that starts its count afresh admits nearly twice the limit within one window.
"""

import time
from collections import deque

from locust import task

from loadtests.actions import Visitor
from loadtests.session import Session

LATE_SHARE = 0.5  # of the window: when the rest of the limit is used, early enough to end within it
MARGIN_S = 0.05

# Authors, each with the instant from which its last session matters to no limiter; longest rested first.
_rested: deque[tuple[float, Session]] = deque()


class Author(Visitor):
    """Registers an author, and runs sessions of whichever author has rested longest."""

    def on_start(self) -> None:
        """Learn the service's limit, and register one more author."""
        rule = self.ask_inside("GET", "/internal/audit/rate_limiting")
        if rule is None:
            raise RuntimeError("the service does not tell its limit of posts; run it outside production")
        self.limit, self.window_s = int(rule["posts"]["limit"]), float(rule["posts"]["window_s"])
        _rested.append((0.0, self.sign_up()))

    @task
    def post_around_the_end_of_a_window(self) -> None:
        """Write 1, then limit − 1, then limit posts."""
        rested_s, author = _rested.popleft()
        _sleep_until(rested_s)
        try:
            self._post_around_the_end(author)
        finally:
            _rested.append((time.monotonic() + self.window_s + MARGIN_S, author))

    def _post_around_the_end(self, author: Session) -> None:
        self._post(author, 1)
        opened_s = time.monotonic()
        _sleep_until(opened_s + LATE_SHARE * self.window_s)
        self._post(author, self.limit - 1)
        _sleep_until(opened_s + self.window_s + MARGIN_S)
        self._post(author, self.limit)

    def _post(self, author: Session, posts: int) -> None:
        for number in range(posts):
            self.post(author, f"post {number + 1} of {posts}")


def _sleep_until(instant_s: float) -> None:
    time.sleep(max(0.0, instant_s - time.monotonic()))
