"""What Locust's two HTTP clients must not do during a measurement: retry in hiding, or wait for a minute."""

from functools import partial
from typing import Any

import geventhttpclient.client
from locust import FastHttpUser, HttpUser, User


def forbid_hidden_retries() -> None:
    """Make FastHttpUser send each request once.

    geventhttpclient sends an idempotent request again, up to its pool's size + 1 times, when the connection
    closes: resets would vanish and the load be amplified. HttpUser's adapters retry nothing by default.
    """
    geventhttpclient.client._may_retry_after_send_error = lambda method: False


def client_attributes(user_class: type[User], timeout_s: float) -> dict[str, Any]:
    """Return the class attributes that set a FastHttpUser's timeouts, where it keeps Locust's 60 s."""
    if not issubclass(user_class, FastHttpUser):
        return {}
    return {
        name: timeout_s
        for name in ("network_timeout", "connection_timeout")
        if getattr(user_class, name) == getattr(FastHttpUser, name)
    }


def set_default_timeout(user: User, timeout_s: float) -> None:
    """Give an HttpUser's client a timeout; without one it waits forever. A request's own `timeout` wins."""
    if isinstance(user, HttpUser):
        client: Any = user.client
        client.request = partial(client.request, timeout=timeout_s)
