import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone import calibration
from loadstone.calibration import (
    CACHED_LIMIT,
    USABLE_SHARE,
    Calibration,
    cache_path,
    machine_key,
    measure_cpu_s,
    measure_idle_loop,
    refusal,
    remember,
    remembered,
    require_fit,
)
from loadstone.errors import LoadstoneError
from loadstone.null_load import null_plan, start_null_server
from loadstone.records.load import LoadPlan
from loadstone.stack.guardian import Guardian

AT = "2026-11-24T10:00:00+00:00"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "loadstone" / "calibration.json"


def known(client: str = "FastHttpUser", rate: float = 4000.0, machine: str = "") -> Calibration:
    return Calibration(client, rate, 1 / rate, AT, machine or machine_key())


def plan_at(rate: float, **fields: object) -> LoadPlan:
    return null_plan("FastHttpUser", "http://127.0.0.1:1", rate=rate, **fields)


class Measuring:
    """Stands in for five seconds of measuring: counts them, and finds this rate."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate: float, clients: list[str]) -> None:
        self.times = 0
        self._rate = rate
        monkeypatch.setattr(calibration, "calibrate", self._calibrate)
        monkeypatch.setattr(calibration, "clients_of", lambda plan: clients)

    def _calibrate(self, client: str) -> Calibration:
        self.times += 1
        if not self._rate:
            raise LoadstoneError("the machine is too busy.")
        return known(client, self._rate)


def test_what_is_remembered_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(monkeypatch, rate=1.0, clients=["FastHttpUser"])
    remember(known(rate=4000.0))
    require_fit(plan_at(2000.0), 1, print)
    assert measuring.times == 0


def test_what_is_not_remembered_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(monkeypatch, rate=4000.0, clients=["FastHttpUser"])
    remember(known("HttpUser"))
    require_fit(plan_at(2000.0), 1, print)
    assert measuring.times == 1


def test_a_calibration_of_a_busier_hour_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(monkeypatch, rate=4000.0, clients=["FastHttpUser"])
    remember(known(rate=1000.0))
    require_fit(plan_at(2000.0), 1, print)
    with pytest.raises(LoadstoneError, match="the generator would be the limit"):
        require_fit(plan_at(2001.0), 1, print)
    assert measuring.times == 2


def test_a_machine_too_busy_to_be_calibrated_refuses_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Measuring(monkeypatch, rate=0.0, clients=["FastHttpUser"])
    said: list[str] = []
    require_fit(plan_at(2000.0), 1, said.append)
    assert said[-1] == "the generator could not be calibrated: the machine is too busy."


@pytest.mark.parametrize(
    ("plan", "processes"),
    [
        (plan_at(250.0), 1),
        (plan_at(1000.0), 4),
        (plan_at(0.0, arrivals="spike:10,250@0s+1s"), 1),
        (plan_at(0.0, workload="closed", users=9000), 1),
    ],
    ids=["low", "spread", "peak", "closed"],
)
def test_a_low_rate_costs_no_second_of_measuring(
    plan: LoadPlan, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "clients_of", lambda plan: pytest.fail("looked"))
    require_fit(plan, processes, print)


def test_a_client_of_the_user_s_own_cannot_be_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(monkeypatch, rate=1.0, clients=["", "GrpcUser"])
    require_fit(plan_at(9000.0), 1, print)
    assert measuring.times == 0


def test_another_machine_s_calibration_is_not_this_one_s() -> None:
    remember(known(machine="a bigger one"))
    assert remembered("FastHttpUser") is None


def test_a_new_calibration_replaces_the_old_one_and_leaves_the_others(cache: Path) -> None:
    for one in (known(rate=1.0), known("HttpUser"), known(rate=2.0)):
        remember(one)
    assert remembered("FastHttpUser") == known(rate=2.0)
    assert remembered("HttpUser") == known("HttpUser")
    assert len(json.loads(cache.read_bytes())) == 2
    assert list(cache.parent.iterdir()) == [cache]


def test_the_cache_stays_small(cache: Path) -> None:
    for number in range(CACHED_LIMIT + 5):
        remember(known(machine=f"machine {number}"))
    assert len(json.loads(cache.read_bytes())) == CACHED_LIMIT


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b'[{"client": "FastHttpUser"}]'])
def test_an_unreadable_cache_is_an_empty_one_and_is_replaced(cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    assert remembered("FastHttpUser") is None
    remember(known())
    assert remembered("FastHttpUser") == known()


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    remember(known())
    assert remembered("FastHttpUser") is None


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert cache_path() is None
    remember(known())
    assert remembered("FastHttpUser") is None


def test_half_of_the_calibrated_rate_is_accepted_and_more_is_refused() -> None:
    assert refusal(2000.0, 1, known(rate=4000.0)) is None
    assert refusal(2000.1, 1, known(rate=4000.0)) is not None


def test_the_refusal_is_exit_2_and_says_what_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)))
    error = refusal(9000.0, 2, known(rate=4000.0))
    assert error is not None
    assert error.exit_code == 2
    assert error.message == (
        "the generator would be the limit: 9,000 arrivals per second are asked of 2 load processes with a"
        " core each, and one with FastHttpUser is fit to measure up to 2,000 here."
    )
    assert error.remedy == (
        "Give --processes 5, lower the rate, or derive the users from loadstone.HttpUser, which costs less."
    )


@pytest.mark.parametrize("cores", [2, 5])
def test_more_processes_than_have_a_core_are_not_recommended(
    cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the system's one."""
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(cores)))
    error = refusal(9000.0, 2, known("loadstone.HttpUser", rate=4000.0))
    assert error is not None
    assert error.remedy.startswith("Take 5 workers on other machines (--expect-workers), or lower the rate.")


@given(st.floats(1, 1e6), st.integers(1, 64), st.floats(10, 1e6))
def test_what_a_refusal_recommends_is_not_refused(rate: float, processes: int, capacity: float) -> None:
    one = known(rate=capacity, machine="any")
    error = refusal(rate, processes, one)
    if error:
        number = next(int(word) for word in error.remedy.replace(",", "").split() if word.isdigit())
        assert number > processes
        assert refusal(rate * (1 - 1e-9), number, one) is None
    else:
        assert rate <= processes * USABLE_SHARE * capacity


def test_a_calibration_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(known()), type=Calibration) == known()


def test_an_idle_loop_is_described_by_its_lag() -> None:
    idle = measure_idle_loop(duration_s=0.05)
    assert idle.loop.startswith("gevent.")
    assert 0 < idle.lag_p50_s <= idle.lag_p99_s


def test_the_real_engine_has_a_cost_per_arrival() -> None:
    with Guardian() as guardian:
        cpu_s = measure_cpu_s("FastHttpUser", start_null_server(guardian), guardian)
    assert 1e-6 < cpu_s < 0.01
