import pytest

from loadstone.doctor.clocks import clock_state, source, synchronisation
from loadstone.records.finding import NOT_VISIBLE, OK, WARN, Finding


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (source("tsc"), OK),
        (source("hpet"), WARN),
        (synchronisation(0), OK),
        (synchronisation(5), WARN),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


@pytest.mark.parametrize(
    "finding",
    [source(None), synchronisation(None), synchronisation(-1)],
    ids=lambda finding: finding.name,
)
def test_what_cannot_be_read_is_said(finding: Finding) -> None:
    assert (finding.seen, finding.status) == (NOT_VISIBLE, OK)


def test_the_clock_of_this_system_has_a_state_that_adjtimex_knows() -> None:
    state = clock_state()
    assert state is None or -1 <= state <= 5
