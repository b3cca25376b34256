"""Mixed: a social video site on an ordinary day. Mostly reads, a few popular videos, some of everything else.

Sessions belong to seeded users 1, 2, 3 …; user n owns video n, and low numbers are popular, so what is
changed is also read. Authors are registered afresh, so that the hourly limit of posts starts from nothing.
"""

from itertools import count

from locust import task

from loadstone import arrival_random, scenario_setting
from loadtests.actions import Visitor
from loadtests.keys import Zipf
from loadtests.session import Session

VIEW_SHARE = 0.2  # of those who open a video, who watch it
READ_ON_SHARE = 0.3  # of those who see their feed, who open a post
AUTHOR_EXPONENT = 0.7  # authors differ less than videos: a fifth of the posts, not most, exceed the limit

AUTHORS = 16

_people = count()
_authors: list[Session] = []


class Person(Visitor):
    """One person with a browser."""

    def on_start(self) -> None:
        """Log in; the first people register an author each."""
        self.popular_video = Zipf(scenario_setting("videos", 1000))
        self.popular_user = Zipf(scenario_setting("users", 200))
        self.note_counts_before()
        self.me = self.sign_in()
        if next(_people) < AUTHORS:
            _authors.append(self.sign_up())

    @task(50)
    def open_video(self) -> None:
        """Open a video; some watch it."""
        random = arrival_random()
        video_id = self.popular_video.draw(random)
        self.read_video(video_id)
        if random.random() < VIEW_SHARE:
            self.view(video_id)

    @task(14)
    def read_feed(self) -> None:
        """See what those one follows have posted; some open a post."""
        random = arrival_random()
        feed = self.ask("GET", "/feed?limit=20", name="/feed", session=self.me)
        if feed.good and feed.body["items"] and random.random() < READ_ON_SHARE:
            post = random.choice(feed.body["items"])
            self.ask("GET", f"/posts/{post['id']}", name="/posts/{id}", session=self.me)

    @task(12)
    def open_user(self) -> None:
        """Open somebody's profile."""
        self.read_user(self.popular_user.draw(arrival_random()))

    @task(6)
    def open_own_profile(self) -> None:
        """Look at the own profile."""
        self.read_profile(self.me)

    @task(5)
    def browse_videos(self) -> None:
        """See the newest videos."""
        self.ask("GET", "/videos?limit=20", name="/videos", session=self.me)

    @task(3)
    def change_own_video(self) -> None:
        """Change the own video's description and look at it."""
        self.edit_video(self.me, self.me.user_id)
        self.read_video(self.me.user_id)

    @task(3)
    def change_own_profile(self) -> None:
        """Change the own profile and look at it."""
        self.edit_profile(self.me)
        self.read_profile(self.me)

    @task(3)
    def follow(self) -> None:
        """Follow somebody, or no longer."""
        random = arrival_random()
        user_id = self.popular_user.draw(random)
        if user_id != self.me.user_id:
            method = random.choice(["PUT", "PUT", "DELETE"])
            self.ask(method, f"/users/{user_id}/follow", name="/users/{id}/follow", session=self.me)

    @task(2)
    def write_post(self) -> None:
        """Write a post, as one of the authors; a few write far more than the others."""
        random = arrival_random()
        author = _authors[Zipf(len(_authors), AUTHOR_EXPONENT).draw(random) - 1]
        self.post(author, f"thought {random.random()}")

    @task(1)
    def process_video(self) -> None:
        """Have a video processed, and press the button twice."""
        video_id = self.popular_video.draw(arrival_random())
        self.process(self.me, video_id)
        self.process(self.me, video_id)
