import pytest

from loadstone.doctor.present import load, steal, throttling, waiting
from loadstone.records.finding import NOT_VISIBLE, OK, WARN, Finding
from loadstone.records.pressure import Pressure


def at(at_s: float, **read: float) -> Pressure:
    return Pressure(at_s=at_s, **read)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (load(at(0, load_average_1m=0.9), 2), OK),
        (load(at(0, load_average_1m=1.1), 2), WARN),
        (steal(at(0, steal_s=1.0), at(1, steal_s=1.01), 2), OK),
        (steal(at(0, steal_s=1.0), at(1, steal_s=1.1), 2), WARN),
        (waiting(at(0, cpu_stalled_s=1.0), at(1, cpu_stalled_s=1.05)), OK),
        (waiting(at(0, cpu_stalled_s=1.0), at(1, cpu_stalled_s=1.2)), WARN),
        (throttling(at(0, throttled_periods=0)), OK),
        (throttling(at(0, throttled_periods=7, throttled_s=0.5)), WARN),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


@pytest.mark.parametrize(
    "finding",
    [steal(at(0), at(1), 2), waiting(at(0), at(1)), throttling(at(0))],
    ids=lambda finding: finding.name,
)
def test_what_cannot_be_read_is_said(finding: Finding) -> None:
    assert (finding.seen, finding.status) == (NOT_VISIBLE, OK)


def test_what_the_machine_does_is_a_share_of_the_time_watched_and_of_all_cores() -> None:
    assert steal(at(0, steal_s=1.0), at(2, steal_s=1.2), 2).seen == "5.0% in one second"
    assert waiting(at(0, cpu_stalled_s=1.0), at(2, cpu_stalled_s=1.2)).seen == "10% of one second"
