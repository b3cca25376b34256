"""What each reading means, whatever machine the test runs on."""

import resource

import pytest

from loadstone.calibration import Calibration
from loadstone.doctor import clocks, generator, limits, present, processors, programs
from loadstone.errors import LoadstoneError
from loadstone.records.finding import BAD, NOT_VISIBLE, OK, WARN, Finding
from loadstone.records.idle_loop import IdleLoop
from loadstone.records.pressure import Pressure

MEMINFO = "MemTotal:  100 kB\nSwapTotal:  {} kB\nSwapFree:  {} kB"
ALL_PACKAGES = {"locust": "2", "gevent": "26", "geventhttpclient": "2", "httptools": "0.9"}
FAST_LOOP = IdleLoop("gevent.libev.corecext", "4.33", True, 0.00003, 0.0001)


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (processors.cores("a processor", 8, 8), OK),
        (processors.cores("a processor", 8, 1), WARN),
        (processors.governor("performance"), OK),
        (processors.governor("powersave"), WARN),
        (processors.turbo(True), WARN),
        (processors.turbo(False), OK),
        (processors.threads(True), WARN),
        (processors.threads(False), OK),
        (processors.quota(None), OK),
        (processors.quota(1.5), WARN),
        (limits.open_files(1024), WARN),
        (limits.open_files(65536), OK),
        (limits.open_files(resource.RLIM_INFINITY), OK),
        (limits.backlog("128"), WARN),
        (limits.backlog("4096"), OK),
        (limits.ports((32768, 60999), 0.1), OK),
        (limits.ports((32768, 60999), 0.6), WARN),
        (limits.swap(MEMINFO.format(0, 0)), OK),
        (limits.swap(MEMINFO.format(5000, 5000)), OK),
        (limits.swap(MEMINFO.format(5000, 1000)), WARN),
        (limits.disk(10**10), OK),
        (limits.disk(5 * 10**8), WARN),
        (limits.disk(10**6), BAD),
        (clocks.source("tsc"), OK),
        (clocks.source("hpet"), WARN),
        (clocks.synchronisation(0), OK),
        (clocks.synchronisation(5), WARN),
        (programs.packages("3.13.1", ALL_PACKAGES), OK),
        (programs.packages("3.13.1", {"locust": "2"}), BAD),
        (programs.embedded_server("embedded Valkey", True), OK),
        (programs.embedded_server("embedded Valkey", False), WARN),
        (programs.optional_program("promtool", None), OK),
        (generator.event_loop(FAST_LOOP), OK),
        (generator.event_loop(IdleLoop("gevent.libuv.loop", "", False, 0.0005, 0.0009)), WARN),
        (generator.event_loop(IdleLoop("gevent.libev.corecext", "4.33", True, 0.0005, 0.002)), WARN),
    ],
    ids=lambda value: f"{value.name}: {value.seen}" if isinstance(value, Finding) else value,
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert finding.status == status
    assert bool(finding.remedy) == (status != OK)
    assert finding.seen


@pytest.mark.parametrize(
    "finding",
    [
        processors.governor(None),
        processors.turbo(None),
        processors.threads(None),
        limits.backlog(None),
        limits.ports(None, None),
        limits.swap(None),
        clocks.source(None),
        clocks.synchronisation(None),
        clocks.synchronisation(-1),
        present.steal(Pressure(at_s=0), Pressure(at_s=1), cores=2),
        present.waiting(Pressure(at_s=0), Pressure(at_s=1)),
        present.throttling(Pressure(at_s=1)),
    ],
    ids=lambda finding: finding.name,
)
def test_what_cannot_be_read_is_said(finding: Finding) -> None:
    assert (finding.seen, finding.status) == (NOT_VISIBLE, OK)


@pytest.mark.parametrize(
    ("finding", "seen", "status"),
    [
        (present.load(Pressure(at_s=0, load_average_1m=0.9), 2), "0.90 on 2 cores", OK),
        (present.load(Pressure(at_s=0, load_average_1m=1.1), 2), "1.10 on 2 cores", WARN),
        (
            present.steal(Pressure(at_s=0, steal_s=1), Pressure(at_s=1, steal_s=1.1), 2),
            "5.0% in one second",
            WARN,
        ),
        (
            present.waiting(Pressure(at_s=0, cpu_stalled_s=1), Pressure(at_s=1, cpu_stalled_s=1.05)),
            "5% of one second",
            OK,
        ),
        (
            present.throttling(Pressure(at_s=0, throttled_periods=1200, throttled_s=3.0)),
            "1,200 periods, 3.0 s",
            WARN,
        ),
    ],
)
def test_what_the_machine_does_now_is_a_share_of_the_time_watched(
    finding: Finding, seen: str, status: str
) -> None:
    assert (finding.seen, finding.status) == (seen, status)


def test_a_capacity_is_what_is_fit_to_measure_with() -> None:
    found = generator.capacity(Calibration("FastHttpUser", 4000.0, 0.00025, 0.0001, "", ""))
    assert found == Finding("FastHttpUser", "measures up to 2,000 arrivals/s a process (250 µs of CPU each)")


def test_a_generator_that_does_not_work_is_bad_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(client: str) -> Calibration:
        raise LoadstoneError(f"no {client} here.")

    monkeypatch.setattr(generator, "measure_idle_loop", lambda: FAST_LOOP)
    monkeypatch.setattr(generator, "calibrate", fail)
    steps: list[str] = []
    loop, *clients = generator.generator_findings(steps.append)
    assert loop.status == OK
    assert {found.status for found in clients} == {BAD}
    assert clients[0].seen == "does not work: no loadstone.HttpUser here."
    assert steps[1] == "calibrating loadstone.HttpUser"


def test_the_clock_of_this_system_has_a_state() -> None:
    state = clocks.clock_state()
    assert state is None or -1 <= state <= 5
