"""Locking: videos are processed by jobs that take longer than the lease of the lock they work under.

Some people ask once. Some ask again at once, which a lock refuses, and once more when the lease has ended
while the first job still works: then a second job starts, and whatever the first one writes after that is
late.
"""

import time
from collections.abc import Iterator
from itertools import count

from locust import task

from loadstone import scenario_setting
from loadtests.actions import Visitor

_turns: Iterator[int] = count()


class Owner(Visitor):
    """Has videos processed, each arrival another one."""

    def on_start(self) -> None:
        """Log in, and learn how far the service's journal is."""
        self.videos = scenario_setting("videos", 1000)
        self.ask_again_after_s = scenario_setting("ask_again_after_s", 1.2)
        self.note_counts_before()
        self.session = self.sign_in()

    @task(2)
    def ask_once(self) -> None:
        """Have the next video processed."""
        self.process(self.session, self._next_video())

    @task(1)
    def ask_again(self) -> None:
        """Have the next video processed, ask again at once, and again after the lease."""
        video_id = self._next_video()
        asked_s = time.monotonic()
        self.process(self.session, video_id)
        self.process(self.session, video_id)
        time.sleep(max(0.0, asked_s + self.ask_again_after_s - time.monotonic()))
        self.process(self.session, video_id)

    def _next_video(self) -> int:
        return next(_turns) % self.videos + 1
