"""Users, their profiles and whom they follow."""

from fastapi import APIRouter, Response

from service.api.cached import cached_response
from service.api.dependencies import Database, Id, Service, UserId
from service.cache_keys import user_key
from service.errors import ConflictError, NotFoundError
from service.repositories import follows, users
from service.schemas import NewUser, ProfileChange, User
from service.timing import TimedRoute

router = APIRouter(route_class=TimedRoute, tags=["users"])


@router.post("/users", status_code=201)
async def register(new: NewUser, service: Service, session: Database) -> User:
    """Register a user."""
    password_hash = await service.passwords.hash(new.password)
    async with session.write() as connection:
        user = await users.add(connection, new, password_hash)
        await session.invalidate(user_key(user.id))  # somebody may have asked for it before there was one
    return user


@router.get("/users/me")
async def show_me(user_id: UserId, session: Database) -> User:
    """Show who asks, newer than any cache."""
    async with session.read() as connection:
        return _found(await users.find(connection, user_id), user_id)


@router.put("/users/me")
async def change_me(change: ProfileChange, user_id: UserId, session: Database) -> User:
    """Change one's own profile."""
    values = change.model_dump(exclude_none=True)
    async with session.write(user_key(user_id)) as connection:
        return _found(await users.change(connection, user_id, values), user_id)


@router.get("/users/{user_id}", response_model=User)
async def show(user_id: Id, session: Database) -> Response:
    """Show a user; the profile may be as old as the cache allows."""
    ttl_s = session.resources.settings.cache_ttl_user_profile
    return await cached_response(
        session, user_key(user_id), ttl_s, lambda connection: users.find(connection, user_id)
    )


@router.put("/users/{user_id}/follow", status_code=204)
async def follow(user_id: Id, follower_id: UserId, session: Database) -> None:
    """Follow a user; doing so again changes nothing."""
    if user_id == follower_id:
        raise ConflictError("nobody follows themselves")
    async with session.write(user_key(user_id), user_key(follower_id)) as connection:
        await follows.add(connection, follower_id, user_id)


@router.delete("/users/{user_id}/follow", status_code=204)
async def unfollow(user_id: Id, follower_id: UserId, session: Database) -> None:
    """Follow a user no longer; doing so again changes nothing."""
    async with session.write(user_key(user_id), user_key(follower_id)) as connection:
        await follows.remove(connection, follower_id, user_id)


def _found(user: User | None, user_id: int) -> User:
    if user is None:
        raise NotFoundError(f"there is no user {user_id}")
    return user
