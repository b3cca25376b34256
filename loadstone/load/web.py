"""Locust's web UI, beside a plan: it shows what happens and may end it, but starts and changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from flask import Response, jsonify
from locust.env import Environment
from locust.stats import stats_history

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadPlan

REFUSAL = "Loadstone plays a plan of its own: it cannot be started anew or changed here, only stopped."


@contextmanager
def web_ui(environment: Environment, plan: LoadPlan, stop: Callable[[], None]) -> Iterator[None]:
    """Serve Locust's web UI at the plan's address, where it has one, until the context ends.

    Raises LoadstoneError when the address cannot be had.
    """
    if plan.web_port is None:
        yield
        return
    ui: Any = environment.create_web_ui(plan.web_host, plan.web_port, delayed_start=True)
    ui.app.view_functions.update(
        {"locust.swarm": _refuse, "locust.update_user": _refuse, "locust.stop": _stopper(stop)}
    )
    ui.start()
    _await_server(ui, plan)
    history = gevent.spawn(stats_history, environment.runner)  # what the charts show
    try:
        yield
    finally:
        history.kill()
        ui.stop()


def _refuse() -> Response:
    return jsonify({"success": False, "message": REFUSAL})


def _stopper(stop: Callable[[], None]) -> Callable[[], Response]:
    def end_plan() -> Response:
        stop()
        return jsonify({"success": True, "message": "No more arrivals are planned; the rest drains."})

    return end_plan


def _await_server(ui: Any, plan: LoadPlan) -> None:
    while not (ui.server and ui.server.started):
        if ui.greenlet.ready():
            raise LoadstoneError(
                f"the web UI cannot be served at {plan.web_host}:{plan.web_port}: {ui.greenlet.exception}.",
                "Give another --web-port.",
            )
        gevent.sleep(0.01)
