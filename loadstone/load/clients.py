"""What HTTP clients must not do during a measurement: retry in hiding, or wait for a minute."""

from functools import partial
from typing import Any

import geventhttpclient.client
from locust import FastHttpUser, HttpUser, User

from loadstone.load.http.user import HttpUser as LeanHttpUser
from loadstone.load.recorder import Recorder
from loadstone.load.reporter import DirectReport

_TIMEOUTS: dict[type[User], tuple[str, ...]] = {
    FastHttpUser: ("network_timeout", "connection_timeout"),
    LeanHttpUser: ("default_timeout_s",),
}


_KINDS: dict[type[User], str] = {
    LeanHttpUser: "loadstone.HttpUser",
    FastHttpUser: "FastHttpUser",
    HttpUser: "HttpUser",
}


def client_kind(user_class: type[User]) -> str:
    """Return the name of the HTTP client that a class's users have; empty for any other client."""
    return next((name for base, name in _KINDS.items() if issubclass(user_class, base)), "")


def forbid_hidden_retries() -> None:
    """Make FastHttpUser send each request once.

    geventhttpclient sends an idempotent request again, up to its pool's size + 1 times, when the connection
    closes: resets would vanish and the load be amplified. HttpUser's adapters retry nothing by default.
    """
    geventhttpclient.client._may_retry_after_send_error = lambda method: False


def client_attributes(user_class: type[User], timeout_s: float, recorder: Recorder) -> dict[str, Any]:
    """Return the class attributes by which clients are set: the timeouts that the class leaves at their 60 s,
    and the shorter way from Loadstone's own client to the recorder.
    """
    attributes: dict[str, Any] = {
        name: timeout_s
        for base, names in _TIMEOUTS.items()
        if issubclass(user_class, base)
        for name in names
        if getattr(user_class, name) == getattr(base, name)
    }
    if issubclass(user_class, LeanHttpUser):
        attributes["report"] = DirectReport(recorder)
    return attributes


def set_default_timeout(user: User, timeout_s: float) -> None:
    """Give an HttpUser's client a timeout; without one it waits forever. A request's own `timeout` wins."""
    if isinstance(user, HttpUser):
        client: Any = user.client
        client.request = partial(client.request, timeout=timeout_s)
