"""Errors as HTTP: one table, one form."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from service.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidTokenError,
    NotFoundError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)

STATUSES: dict[type[DomainError], HTTPStatus] = {
    InvalidTokenError: HTTPStatus.BAD_REQUEST,
    UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
# A store that is away, or a pool that is used up. What PostgreSQL answers comes as a DBAPIError, also when
# connecting; a refused connection and a timeout come as they are, and are OSErrors.
STORE_AWAY = (RedisError, PoolTimeoutError, OSError)
# Classes of SQLSTATE that pass: connection lost, out of resources, stopped by an operator, rolled back.
PASSING_CLASSES = ("08", "53", "57", "40")


def add_error_handlers(app: FastAPI) -> None:
    """Let the app answer every error in the one form."""
    app.add_exception_handler(DomainError, _handler(_domain_error))
    app.add_exception_handler(RequestValidationError, _handler(_invalid_request))
    app.add_exception_handler(HTTPException, _handler(_http_error))
    for error in STORE_AWAY:
        app.add_exception_handler(error, _handler(_store_away))
    app.add_exception_handler(DBAPIError, _handler(_database_error))
    app.add_exception_handler(Exception, _handler(_unexpected))


def _handler(answer: Callable[..., JSONResponse]) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    """Return an async handler: Starlette would run another one in a thread."""

    async def handle(request: Request, error: Exception) -> JSONResponse:
        return answer(error)

    return handle


def _domain_error(error: DomainError) -> JSONResponse:
    return _answer(STATUSES[type(error)], error.code, error.message, error.retry_after_s)


def _invalid_request(error: RequestValidationError) -> JSONResponse:
    places = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", "; ".join(places))


def _http_error(error: HTTPException) -> JSONResponse:
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return _answer(HTTPStatus(error.status_code), code, error.detail, headers=error.headers)


def _store_away(error: Exception) -> JSONResponse:
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "a store does not answer", retry_after_s=1)


def _database_error(error: DBAPIError) -> JSONResponse:
    """Answer what passes by itself; raise the rest again, to be logged like all that nobody foresaw."""
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or sqlstate.startswith(PASSING_CLASSES):
        return _store_away(error)
    raise error


def _unexpected(error: Exception) -> JSONResponse:
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "something broke; the log tells what")


def _answer(
    status: HTTPStatus,
    code: str,
    message: str,
    retry_after_s: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    headers = dict(headers or {})
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, ceil(retry_after_s)))  # whole seconds, RFC 9110 section 10.2.3
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
