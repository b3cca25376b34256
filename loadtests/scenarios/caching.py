"""Caching: a few hot videos are read all the time and changed now and then.

The service's load of a body is slow here and its entries live five times longer than the bound on staleness.
A cache that is not told of changes serves the old body; one without protection loads about
rate × load time bodies at every expiry.
"""

from collections.abc import Iterator
from itertools import count

from locust import task

from loadstone import arrival_random, scenario_setting
from loadtests.actions import Visitor

_owners: Iterator[int] = count()


class Reader(Visitor):
    """Reads a hot video, or changes one as its owner."""

    def on_start(self) -> None:
        """Log in as the owner of one of the hot videos: user n owns video n."""
        self.hot_videos = scenario_setting("hot_videos", 2)
        self.owner = self.sign_in(next(_owners) % self.hot_videos + 1)

    @task(60)
    def read(self) -> None:
        """Open one of the hot videos."""
        self.read_video(arrival_random().randint(1, self.hot_videos))

    @task(1)
    def edit(self) -> None:
        """Change the own video."""
        self.edit_video(self.owner, self.owner.user_id)
