"""Logging in."""

from fastapi import APIRouter

from service.api.dependencies import Database, Service
from service.errors import UnauthorizedError
from service.repositories import users
from service.schemas import AccessToken, Credentials
from service.timing import TimedRoute

router = APIRouter(route_class=TimedRoute, tags=["auth"])


@router.post("/auth/login")
async def log_in(credentials: Credentials, service: Service, session: Database) -> AccessToken:
    """Give an access token for a name and its password."""
    async with session.primary() as connection:
        login = await users.find_login(connection, credentials.username)
    matches = await service.passwords.matches(login and login.password_hash, credentials.password)
    if login is None or not matches:
        raise UnauthorizedError("the user name or the password is wrong")
    tokens = service.tokens
    return AccessToken(access_token=tokens.issue(login.id), expires_in_s=int(tokens.lifetime_s))
