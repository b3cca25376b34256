"""`loadstone.HttpUser`: a Locust user with the lean client."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from ssl import SSLContext
from typing import Any

from locust import User
from locust.env import Environment
from locust.exception import StopTest
from locust.user.users import RestMixin

from loadstone.errors import LoadstoneError
from loadstone.load.http.client import Client
from loadstone.load.http.connect import make_context
from loadstone.load.http.parser import DEFAULT_BODY_LIMIT
from loadstone.load.http.response import Response

# Class attributes of Locust's users which this one does not have, and what to do instead.
_REMEDIES = {
    "client_pool": "Each user has connections of its own.",
    "connection_timeout": "Set default_timeout_s, which bounds the whole request.",
    "max_retries": "Nothing is ever sent twice.",
    "network_timeout": "Set default_timeout_s, which bounds the whole request.",
    "pool_manager": "Each user has connections of its own.",
    "proxy_host": "Ask the system under test directly; a proxy would be measured with it.",
}

_shared_context = lru_cache(maxsize=2)(make_context)  # reading the system's certificates takes 20 ms


class HttpUser(User, RestMixin[Response]):
    """A user of an HTTP/1.1 service, with a client called as Locust's; docs/client.md says what differs.

    The class attributes count when a user is made.
    """

    abstract = True

    default_timeout_s: float = 60.0
    """How long a request without a `timeout` may take, from making the connection to the last byte."""

    max_redirects: int = 30
    """How many redirects of one request are followed; the next one makes it a failure."""

    body_limit: int = DEFAULT_BODY_LIMIT
    """Bytes of an answer's body, packed and unpacked; a larger one is a failure."""

    default_headers: Mapping[str, Any] | None = None
    """Headers of every request; a request's own go before them."""

    insecure: bool = False
    """Whether any certificate is trusted. FastHttpUser trusts any by default."""

    ssl_context_factory: Callable[[], SSLContext] | None = None
    """A function without arguments that makes the TLS settings; without one, the system's trust counts."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse what would have no effect, and change what is measured in silence; raises LoadstoneError."""
        super().__init_subclass__(**options)
        for name, remedy in _REMEDIES.items():
            if getattr(cls, name, None):
                raise LoadstoneError(f"{cls.__name__}.{name} is not supported by loadstone.HttpUser.", remedy)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest("There is no host: set it on the user class, or give --host.")
        self.client = Client(
            self,
            self.host,
            default_headers=self.default_headers,
            default_timeout_s=self.default_timeout_s,
            max_redirects=self.max_redirects,
            body_limit=self.body_limit,
            make_context=type(self).ssl_context_factory or partial(_shared_context, self.insecure),
        )

    def report(self, response: Response) -> None:
        """Take a finished request: fire Locust's request event. The load engine puts a quicker way here."""
        self.environment.events.request.fire(**request_event(response))


def request_event(response: Response) -> dict[str, Any]:
    """Return the arguments of Locust's request event, in its units: milliseconds, and the wall clock."""
    age_s = time.monotonic() - response.start_s
    return {
        "request_type": response.method,
        "name": response.name,
        "response_time": (response.end_s - response.start_s) * 1000,
        "response_length": len(response.content),
        "response": response,
        "context": response.context,
        "exception": response.error,
        "start_time": time.time() - age_s,
        "url": response.url,
    }
