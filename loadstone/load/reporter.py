"""From the lean client to the recorder, without the detour through Locust's event."""

from typing import Any

from loadstone.load.http.response import Response
from loadstone.load.http.user import request_event
from loadstone.load.listener import ARRIVAL, RECORDED, RequestListener, endpoint_name
from loadstone.load.recorder import Recorder
from loadstone.load.server_timing import HEADER, server_timing_of


class DirectReport:
    """What a measured `loadstone.HttpUser` has as its `report`: records a finished request.

    It fires Locust's event only when somebody beside our listener waits for it: making the event's arguments
    takes as long as recording.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, response: Response) -> None:
        """Receive one request that was answered, or failed."""
        self._recorder.request(
            endpoint_name(response.method, response.name),
            response.context.get(ARRIVAL),
            response.start_s,
            response.end_s,
            response.failure_text if response.error is not None else "",
            server_timing_of(response) if response.headers.may_have(HEADER) else None,
        )
        user: Any = response.user
        request = user.environment.events.request
        if _others_listen(request._handlers):
            event = request_event(response)
            request.fire(**{**event, "context": {**response.context, RECORDED: True}})


def _others_listen(listeners: list[Any]) -> bool:
    return len(listeners) != 1 or type(listeners[0]) is not RequestListener
