"""View counting: a few videos are watched hundreds of times a second, while views are flushed all the time.

Every viewer watches once and no request is repeated, so each answer is one view that must be counted once.
"""

from locust import task

from loadstone import arrival_random, scenario_setting
from loadtests.actions import Visitor


class Watcher(Visitor):
    """Watches hot videos, as another viewer each time."""

    def on_start(self) -> None:
        """Learn what the service has counted already."""
        self.hot_videos = scenario_setting("hot_videos", 5)
        self.note_counts_before()

    @task
    def watch(self) -> None:
        """Watch one of the hot videos."""
        self.view(arrival_random().randint(1, self.hot_videos))
