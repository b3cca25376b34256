import pytest

from loadstone.calibration import Calibration
from loadstone.doctor import generator
from loadstone.doctor.generator import capacity, event_loop
from loadstone.errors import LoadstoneError
from loadstone.records.finding import BAD, OK, WARN, Finding
from loadstone.records.idle_loop import IdleLoop

QUICK = IdleLoop("gevent.libev.corecext", "4.33", True, 0.00003, 0.0001)


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (event_loop(QUICK), OK),
        (event_loop(IdleLoop("gevent.libuv.loop", "", False, 0.0005, 0.0009)), WARN),
        (event_loop(IdleLoop("gevent.libev.corecext", "4.33", True, 0.0005, 0.002)), WARN),
        (capacity(Calibration("FastHttpUser", 4000.0, 0.00025, "", "")), OK),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


def test_an_idle_loop_is_described_by_its_library_its_timer_and_its_lag() -> None:
    assert event_loop(QUICK).seen == "libev 4.33, timerfd, wakes 100 µs late (p99, idle)"


def test_a_capacity_is_what_is_fit_to_measure_with() -> None:
    found = capacity(Calibration("FastHttpUser", 4000.0, 0.00025, "", ""))
    assert found == Finding("FastHttpUser", "measures up to 2,000 arrivals/s a process (250 µs of CPU each)")


def test_a_generator_that_does_not_work_is_bad_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(client: str) -> Calibration:
        raise LoadstoneError(f"no {client} here.")

    monkeypatch.setattr(generator, "measure_idle_loop", lambda: QUICK)
    monkeypatch.setattr(generator, "calibrate", fail)
    steps: list[str] = []
    loop, *clients = generator.generator_findings(steps.append)
    assert loop.status == OK
    assert {found.status for found in clients} == {BAD}
    assert clients[0].seen == "does not work: no loadstone.HttpUser here."
    assert steps[1] == "calibrating loadstone.HttpUser"
