"""Why a request failed. Every text is short and equal for equal failures: no URL, no address, no port."""

import os
import ssl

from locust.exception import CatchResponseError


class RequestError(Exception):
    """A request that got no whole, readable answer."""


class NoConnectionError(RequestError):
    """The server could not be reached."""


class ConnectionEndedError(RequestError):
    """The connection ended before the answer did."""


class DeadlineError(RequestError):
    """The answer was not whole in time; the clock started before the connection was made."""


class BadAnswerError(RequestError):
    """What came back is not HTTP, or breaks a limit of this client."""


class BadStatusError(RequestError):
    """The server answered 400 or above."""


def describe(error: BaseException | str) -> str:
    """Return the failure text of what made a request fail."""
    if isinstance(error, RequestError | CatchResponseError | str):
        return str(error) or "failed"
    return f"{type(error).__name__}: {error}"


def connection_error(error: OSError) -> RequestError:
    """Return what `error` of the socket layer says, without the addresses it may name."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoConnectionError(f"the server's certificate is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return NoConnectionError(f"TLS failed: {getattr(error, 'reason', None) or type(error).__name__}")
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return ConnectionEndedError("connection reset by the server")
    # An address lookup has error numbers of its own, which are negative.
    known = error.errno is not None and error.errno > 0
    reason = os.strerror(error.errno).lower() if known and error.errno else error.strerror or "unknown"
    return NoConnectionError(f"no connection: {reason}")
