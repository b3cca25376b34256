"""What handlers ask for, by type."""

from typing import Annotated, cast

from fastapi import Depends, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.api.session import TOKEN_HEADER, Session
from service.errors import UnauthorizedError
from service.resources import Resources
from service.schemas import ID_MAXIMUM

Id = Annotated[int, Path(ge=1, le=ID_MAXIMUM)]

_bearer = HTTPBearer(auto_error=False)


# Each is async, although none waits: FastAPI would run a plain function in a thread.
async def _resources(request: Request) -> Resources:
    return cast(Resources, request.app.state.resources)


Service = Annotated[Resources, Depends(_resources)]


async def _session(request: Request, response: Response) -> Session:
    return Session(await _resources(request), request.headers.get(TOKEN_HEADER), response.headers)


Database = Annotated[Session, Depends(_session)]


async def _user_id(
    service: Service, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> int:
    if credentials is None:
        raise UnauthorizedError("an access token is needed: Authorization: Bearer …")
    return service.tokens.user_id(credentials.credentials)


UserId = Annotated[int, Depends(_user_id)]
