"""One process that reads the plan and plays all of it."""

import time

from loadstone.load.engine import Engine
from loadstone.load.interrupt import on_interrupt
from loadstone.load.pool import equip, leave, make_environment
from loadstone.load.runners import LocalPlayer
from loadstone.load.stream import Descriptor, MessageStream
from loadstone.load.web import web_ui
from loadstone.records.load import LoadPlan

LEAD_S = 0.05  # from the announcement to second 0, so that the first arrival is not late


def play_alone(plan: LoadPlan, output: Descriptor) -> None:
    """Play the plan to the end of the drain; SIGINT or SIGTERM ends planning early.

    Raises LoadstoneError when the plan, the locustfile or its users cannot be used.
    """
    environment = make_environment()
    runner = environment.runner = LocalPlayer(environment)
    engine = Engine(plan, environment, MessageStream(output.send))
    runner.end_plan = engine.stop
    on_interrupt(engine.stop)
    with web_ui(environment, plan, engine.stop):
        equip(environment, plan)
        engine.get_ready()
        engine.play(time.monotonic() + LEAD_S)
        leave(environment)
