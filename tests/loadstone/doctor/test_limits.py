import resource

import pytest

from loadstone.doctor.limits import backlog, disk, open_files, ports, swap
from loadstone.records.finding import BAD, NOT_VISIBLE, OK, WARN, Finding

MEMINFO = "MemTotal:  100 kB\nSwapTotal:  {} kB\nSwapFree:  {} kB"


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (open_files(1024), WARN),
        (open_files(65536), OK),
        (open_files(resource.RLIM_INFINITY), OK),
        (backlog("128"), WARN),
        (backlog("4096"), OK),
        (ports((32768, 60999), 0.1), OK),
        (ports((32768, 60999), 0.6), WARN),
        (swap(MEMINFO.format(0, 0)), OK),
        (swap(MEMINFO.format(5000, 5000)), OK),
        (swap(MEMINFO.format(5000, 1000)), WARN),
        (disk(10**10), OK),
        (disk(5 * 10**8), WARN),
        (disk(10**6), BAD),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


@pytest.mark.parametrize(
    "finding",
    [backlog(None), ports(None, None), swap(None)],
    ids=lambda finding: finding.name,
)
def test_what_cannot_be_read_is_said(finding: Finding) -> None:
    assert (finding.seen, finding.status) == (NOT_VISIBLE, OK)


def test_ports_are_counted_with_both_ends_of_their_range() -> None:
    assert ports((32768, 60999), 0.25).seen == "28,232 (32768–60999), 25% of them in TIME_WAIT"
    assert ports((1, 2), None).seen == "2 (1–2)"
