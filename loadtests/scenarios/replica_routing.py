"""Replica routing: people look at what they have just changed, while the replica is behind.

The replica applies changes late here. A read that goes to it soon after the session's own change, or after a
read of the primary, shows an older state than that session has seen.
"""

from locust import task

from loadtests.actions import Visitor


class Member(Visitor):
    """Has two sessions of one account: one that edits the profile, and one that only looks at it."""

    def on_start(self) -> None:
        """Log in on two devices."""
        self.desk = self.sign_in()
        self.phone = self.sign_in(self.desk.user_id)

    @task(1)
    def edit(self) -> None:
        """Change the profile and look at it, twice: the second look must not be older than the first."""
        self.edit_profile(self.desk)
        self.read_profile(self.desk)
        self.read_profile(self.desk)

    @task(3)
    def look(self) -> None:
        """Look at the profile on the device that never writes."""
        self.read_profile(self.phone)
