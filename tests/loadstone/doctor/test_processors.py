import pytest

from loadstone.doctor.processors import cores, governor, quota, threads, turbo
from loadstone.records.finding import NOT_VISIBLE, OK, WARN, Finding


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (cores("a processor", 8, 8), OK),
        (cores("a processor", 8, 1), WARN),
        (governor("performance"), OK),
        (governor("powersave"), WARN),
        (turbo(False), OK),
        (turbo(True), WARN),
        (threads(False), OK),
        (threads(True), WARN),
        (quota(None), OK),
        (quota(1.5), WARN),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


@pytest.mark.parametrize(
    "finding",
    [governor(None), turbo(None), threads(None)],
    ids=lambda finding: finding.name,
)
def test_what_cannot_be_read_is_said(finding: Finding) -> None:
    assert (finding.seen, finding.status) == (NOT_VISIBLE, OK)


def test_the_processors_are_described_with_those_that_are_for_us() -> None:
    assert cores("a processor", 8, 2).seen == "a processor, 8 cores, 2 of them for us"
