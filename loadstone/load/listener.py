"""From Locust's request events to the recorder."""

import time
from functools import lru_cache
from typing import Any

from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import CatchResponseError
from requests.exceptions import HTTPError

from loadstone.load.arrival import Arrival, current_arrival
from loadstone.load.recorder import ENDPOINT_LIMIT, Recorder
from loadstone.load.server_timing import server_timing_of

# Keys of a request's context.
ARRIVAL = "loadstone_arrival"
RECORDED = "loadstone_recorded"  # of a request that `DirectReport` has recorded already


class RequestListener:
    """Records every request, of any client that fires Locust's request event.

    Locust logs a listener's exception and goes on; this one counts its own, for the run is then invalid.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, request_type: str, name: str, response_time: float, **event: Any) -> None:
        """Receive one event; `response_time` is in milliseconds."""
        try:
            context = event.get("context") or {}
            if RECORDED not in context:
                self._record(endpoint_name(request_type, name), response_time / 1000, event, context)
        except Exception as error:
            self._recorder.errors.add(f"a request could not be recorded: {error!r}")

    def _record(
        self, endpoint: str, service_time_s: float, event: dict[str, Any], context: dict[str, Any]
    ) -> None:
        error = describe_failure(event.get("exception"), event.get("response"))
        # Users put it into the context, but some clients do not carry that.
        arrival: Arrival | None = context.get(ARRIVAL) or current_arrival.get()
        earliest_s = arrival.taken_s if arrival else 0.0
        start_s = send_instant_s(event.get("start_time"), service_time_s, earliest_s)
        server_timing = server_timing_of(event.get("response"))
        self._recorder.request(endpoint, arrival, start_s, start_s + service_time_s, error, server_timing)


def send_instant_s(start_time: float | None, service_time_s: float, earliest_s: float) -> float:
    """Return when a request was sent, on CLOCK_MONOTONIC.

    `start_time` is Locust's, by the wall clock; without one the request has ended just now. A step of the
    wall clock cannot move the result out of what is possible: not before `earliest_s`, not after now less
    the service time. (A `with` block around a response ends later than the response.)
    """
    now_s = time.monotonic()
    latest_s = now_s - service_time_s
    if start_time is None:
        return latest_s
    return min(max(now_s - (time.time() - start_time), earliest_s), latest_s)


@lru_cache(maxsize=ENDPOINT_LIMIT)
def endpoint_name(request_type: str, name: str) -> str:
    """Return `GET /videos/{id}` of Locust's method and name, also where the name has the method already."""
    return name if name.startswith(f"{request_type} ") else f"{request_type} {name}"


def describe_failure(exception: BaseException | None, response: Any) -> str:
    """Return a short text that is equal for equal failures (no URL, no address); empty when there is none."""
    if exception is None:
        return ""
    if isinstance(exception, CatchResponseError):  # what the locustfile said about the response
        return str(exception) or "failed"
    if isinstance(exception, LocustBadStatusCode | HTTPError):
        return f"HTTP {response.status_code}"
    cause = _innermost(exception)
    return f"{type(cause).__name__}: {cause}"


def _innermost(exception: BaseException) -> BaseException:
    """Return what happened below the client's wrappers, whose texts name the URL."""
    wrapped = getattr(exception, "original", None)  # geventhttpclient's RetriesExceeded
    inner = wrapped or exception.__cause__ or exception.__context__
    return _innermost(inner) if inner else exception
