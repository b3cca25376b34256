from typing import Any

import pytest
from locust import User, task
from locust.env import Environment
from locust.runners import STATE_MISSING, WorkerNode

from loadstone.load.runners import MasterPlayer, SameMix
from tests.loadstone.load.distributed import free_port


class Visitor(User):
    @task
    def visit(self) -> None: ...


@pytest.mark.parametrize("same_mix", [True, False])
def test_all_users_go_to_the_workers_that_play_also_to_one_whose_heartbeat_is_missed(same_mix: bool) -> None:
    environment: Any = Environment(user_classes=[Visitor])
    if same_mix:
        environment.dispatcher_class = SameMix
    master = MasterPlayer(environment, "127.0.0.1", free_port())
    told: dict[str, Any] = {}
    master.server.send_to_client = lambda message: told.update({message.node_id: message.data})
    master.clients["missed"] = WorkerNode("missed", STATE_MISSING, heartbeat_liveness=-4)
    master.clients["heard"] = WorkerNode("heard")
    master.clients["sent away"] = WorkerNode("sent away")
    master.send_message = lambda *_, **__: None  # type: ignore[method-assign]
    try:
        master.spawn(4, {"missed", "heard"})
    finally:
        master.greenlet.kill()
    users = {worker: job["user_classes_count"] for worker, job in told.items()}
    assert users == {"missed": {"Visitor": 2}, "heard": {"Visitor": 2}}
