"""Posts, and the feed made of them."""

from fastapi import APIRouter

from service.api.dependencies import Database, Id, Service, UserId
from service.api.paging import AskedPage
from service.errors import NotFoundError, RateLimitedError, UnavailableError
from service.patterns.rate_limiting import Decision
from service.repositories import posts
from service.resources import Resources
from service.schemas import NewPost, Page, Post
from service.timing import TimedRoute

router = APIRouter(route_class=TimedRoute, tags=["posts"])


@router.post("/posts", status_code=201)
async def write(new: NewPost, author_id: UserId, service: Service, session: Database) -> Post:
    """Write a post, if one has not written too many lately."""
    decision = await service.strategies.posts_limiter.allow(f"user:{author_id}")
    _admit(decision, service)
    async with session.write() as connection:
        return await posts.add(connection, author_id, new)


@router.get("/posts/{post_id}")
async def show(post_id: Id, session: Database) -> Post:
    """Show a post."""
    async with session.read() as connection:
        post = await posts.find(connection, post_id)
    if post is None:
        raise NotFoundError(f"there is no post {post_id}")
    return post


@router.get("/feed")
async def feed(reader_id: UserId, session: Database, asked: AskedPage) -> Page[Post]:
    """Show what those write whom one follows, newest first."""
    purpose = f"feed cursor of user {reader_id}"
    before = asked.before(purpose)
    async with session.read() as connection:
        rows = await posts.feed(connection, reader_id, before, asked.count)
    return asked.page(purpose, rows)


def _admit(decision: Decision, service: Resources) -> None:
    result = "failed" if decision.failed else "allowed" if decision.allowed else "refused"
    service.metrics.rate_decisions.labels(result).inc()
    if decision.allowed:
        return
    if decision.failed:
        raise UnavailableError("posts cannot be counted now", decision.retry_after_s)
    raise RateLimitedError("too many posts", decision.retry_after_s)
