"""What can go wrong in the service's own words; `api/errors.py` holds the table that maps them to HTTP."""


class DomainError(Exception):
    """A refusal that the caller can understand: a code for programs, a message for people.

    `retry_after_s` tells when trying again may help; None when it does not depend on time.
    """

    code = "error"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s


class InvalidTokenError(DomainError):
    """A cursor or consistency token that this service did not sign for this purpose."""

    code = "invalid_token"


class UnauthorizedError(DomainError):
    """No access token, or one that is not valid (any more); or a wrong user name or password."""

    code = "unauthorized"


class ForbiddenError(DomainError):
    """Known who asks, but it is not theirs."""

    code = "forbidden"


class NotFoundError(DomainError):
    """There is no such thing."""

    code = "not_found"


class ConflictError(DomainError):
    """Somebody else has it."""

    code = "conflict"


class RateLimitedError(DomainError):
    """Too many in too short a time."""

    code = "rate_limited"


class UnavailableError(DomainError):
    """A bound was reached or a store is away; trying again later may help."""

    code = "unavailable"


class ConfigurationError(Exception):
    """A setting that the service cannot start with: its name, value and choices."""
