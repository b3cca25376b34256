import logging
from typing import Any

import gevent
import locust.event
import pytest
from locust.env import Environment

from loadstone.load import pool
from loadstone.load.pool import FirstFew, Pool
from loadstone.load.recorder import Recorder


class Endless:
    """A workload whose users never end."""

    classes: list[Any] = []  # noqa: RUF012

    def end(self) -> None:
        gevent.sleep(60)


def test_users_that_do_not_end_are_left_behind_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "STOP_LIMIT_S", 0.01)
    environment: Any = Environment()
    environment.create_local_runner()
    recorder, workload = Recorder(), Endless()
    endless: Any = workload
    with gevent.Timeout(5):
        Pool(environment, endless, recorder).stop()
    assert recorder.warnings.take() == ["0 users had not ended 0.01 s after the drain."]


def test_a_listener_that_always_fails_fills_no_log() -> None:
    few = FirstFew(locust.event.__file__)
    failing = logging.LogRecord("root", logging.ERROR, locust.event.__file__, 1, "failed", None, None)
    other = logging.LogRecord("root", logging.ERROR, __file__, 1, "of a locustfile", None, None)
    assert [few.filter(failing) for _ in range(12)] == [True] * 10 + [False] * 2
    assert all(few.filter(other) for _ in range(12))
