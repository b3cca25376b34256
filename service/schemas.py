"""What goes in and out over HTTP. An answer shows the columns named here and no others."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ID_MAXIMUM = 2**63 - 1  # of PostgreSQL's bigint
NO_NUL = r"^[^\x00]*$"  # PostgreSQL stores every character but this one

Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=32)]
Password = Annotated[str, StringConstraints(min_length=8, max_length=128)]
Name = Annotated[str, StringConstraints(pattern=NO_NUL, min_length=1, max_length=64)]
Title = Annotated[str, StringConstraints(pattern=NO_NUL, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(pattern=NO_NUL, min_length=1, max_length=2000)]
Description = Annotated[str, StringConstraints(pattern=NO_NUL, max_length=5000)]
Status = Literal["queued", "processing", "completed", "failed"]


class Answer(BaseModel):
    """Made from a row of the columns it names."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class User(Answer):
    """A user as everybody may see them."""

    id: int
    username: str
    display_name: str
    bio: str
    followers: int
    following: int
    version: int


class Post(Answer):
    """A post."""

    id: int
    author_id: int
    text: str
    created_at: datetime


class Video(Answer):
    """A video's description; `version` counts the changes of its owner."""

    id: int
    owner_id: int
    title: str
    description: str
    status: Status
    views: int
    version: int
    created_at: datetime


Item = TypeVar("Item", Post, Video)


class Page(Answer, Generic[Item]):
    """Some items, newest first, and where the next page begins; null at the end."""

    items: list[Item]
    next_cursor: str | None


class AccessToken(Answer):
    """Send it as `Authorization: Bearer …`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in_s: int


class ViewAccepted(Answer):
    """Whether the view counts: a viewer is counted once."""

    counted: bool


class JobAccepted(Answer):
    """The job that works now in the background."""

    job: str


class Question(BaseModel):
    """A request's body. A field that nobody knows is a mistake, not a wish to ignore."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewUser(Question):
    """Registers a user."""

    username: Username
    password: Password
    display_name: Name


class Credentials(Question):
    """Logs a user in. Any strings: a wrong one is refused like a wrong password."""

    username: Annotated[str, Field(max_length=128)]
    password: Annotated[str, Field(max_length=128)]


class ProfileChange(Question):
    """Changes what is given."""

    display_name: Name | None = None
    bio: Annotated[str, StringConstraints(pattern=NO_NUL, max_length=500)] | None = None


class NewPost(Question):
    """Writes a post."""

    text: Text


class NewVideo(Question):
    """Describes a new video."""

    title: Title
    description: Description = ""


class VideoChange(Question):
    """Changes what is given."""

    title: Title | None = None
    description: Description | None = None


class View(Question):
    """One view. The viewer is any string of the client's making."""

    viewer: Annotated[str, StringConstraints(min_length=1, max_length=64)]
