"""What people do on the service, each action with the facts that the checks judge it by."""

import secrets
import time
from itertools import count
from typing import Any

from gevent.lock import Semaphore

from loadstone import record_event
from loadtests.facts import Fact, fact
from loadtests.session import PROCESS, Answer, ServiceUser, Session

VIDEO_FIELDS = {"id", "owner_id", "title", "description", "status", "views", "version", "created_at"}
USER_FIELDS = {"id", "username", "display_name", "bio", "followers", "following", "version"}

_viewers = count(1)
_noting = Semaphore()  # held while one user notes what was before; the others wait for it
_noted: list[str] = []


class Visitor(ServiceUser):
    """A user who can do all that the scenarios are made of."""

    abstract = True

    def read_video(self, video_id: int) -> None:
        """Open a video's page."""
        with fact(f"video/{video_id}", "caching.read") as read:
            answer = self.ask("GET", f"/videos/{video_id}", name="/videos/{id}")
            _settle_read(read, answer, "description", VIDEO_FIELDS)

    def edit_video(self, session: Session, video_id: int) -> None:
        """Change the description of an own video."""
        content = f"revision {secrets.token_hex(8)}"
        with fact(f"video/{video_id}", "caching.update", content=content) as update:
            answer = self.ask(
                "PATCH",
                f"/videos/{video_id}",
                name="/videos/{id}",
                body={"description": content},
                session=session,
            )
            _settle_write(update, answer)

    def read_user(self, user_id: int) -> None:
        """Open somebody's profile."""
        with fact(f"user/{user_id}", "caching.read") as read:
            answer = self.ask("GET", f"/users/{user_id}", name="/users/{id}")
            _settle_read(read, answer, "bio", USER_FIELDS)

    def edit_profile(self, session: Session) -> None:
        """Change one's own profile."""
        key, content = f"user/{session.user_id}", f"revision {secrets.token_hex(8)}"
        with (
            fact(key, "caching.update", content=content) as update,
            fact(key, "replica_routing.write", session.name) as write,
        ):
            answer = self.ask("PUT", "/users/me", body={"bio": content}, session=session)
            _settle_write(update, answer)
            _settle_write(write, answer)

    def read_profile(self, session: Session) -> None:
        """Look at one's own profile."""
        with fact(f"user/{session.user_id}", "replica_routing.read", session.name) as read:
            answer = self.ask("GET", "/users/me", session=session)
            if answer.good:
                read.settle(version=answer.body["version"], node=answer.node)

    def post(self, author: Session, text: str) -> None:
        """Write a post; a refusal by the rate limit is an answer like another."""
        with fact(str(author.user_id), "rate_limiting.attempt") as attempt:
            answer = self.ask("POST", "/posts", body={"text": text}, session=author, refusals=[429])
            if answer.good or answer.status == 429:
                attempt.settle(admitted=answer.good)

    def view(self, video_id: int) -> None:
        """Watch a video, as a viewer who was never there before."""
        viewer = f"{PROCESS}-{next(_viewers)}"
        with fact(str(video_id), "view_counting.view", viewer=viewer) as view:
            answer = self.ask(
                "POST", f"/videos/{video_id}/views", name="/videos/{id}/views", body={"viewer": viewer}
            )
            if answer.good:
                view.settle()
            elif answer.refused:
                view.refuse()

    def process(self, session: Session, video_id: int) -> None:
        """Have a video processed; a refusal is an answer like another. The facts are in the journal."""
        self.ask(
            "POST",
            f"/videos/{video_id}/process",
            name="/videos/{id}/process",
            session=session,
            refusals=[409],
        )

    def note_counts_before(self) -> None:
        """Tell the checks once a process how far the service's view counts and lock journal are already.

        A service that does not tell is left alone, and the checks say that they cannot judge. Raises
        RuntimeError when it fails to tell.
        """
        with _noting:
            if not _noted:
                self._note_counts()
                _noted.append(PROCESS)

    def _note_counts(self) -> None:
        # What an earlier run left in buffers would move to the database while it is counted.
        self.ask_inside("POST", "/internal/drain")
        counting = self.ask_inside("GET", "/internal/audit/view_counting")
        locking = self.ask_inside("GET", "/internal/audit/locking")
        now_s = time.monotonic()
        if counting:
            viewed = {id: kept for id, kept in counting["videos"].items() if any(kept.values())}
            record_event("", "view_counting.before", viewed, now_s, now_s)
        if locking:
            last_id = max((entry["id"] for entry in locking["journal"]), default=0)
            record_event("", "locking.before", last_id, now_s, now_s)


def _settle_read(read: Fact, answer: Answer, content: str, fields: set[str]) -> None:
    if not answer.good:
        return
    body: dict[str, Any] = answer.body
    read.settle(version=body["version"], content=body.get(content), source=answer.cache)
    if unexpected := sorted(body.keys() - fields):
        read.settle(unexpected=unexpected)


def _settle_write(write: Fact, answer: Answer) -> None:
    if answer.good:
        write.settle(version=answer.body["version"])
    elif answer.refused:
        write.refuse()
