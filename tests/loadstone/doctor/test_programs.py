import pytest

from loadstone.doctor.programs import embedded_server, optional_program, packages
from loadstone.records.finding import BAD, OK, WARN, Finding

ALL_PACKAGES = {"locust": "2", "gevent": "26", "geventhttpclient": "2", "httptools": "0.9"}


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (packages("3.13.1", ALL_PACKAGES), OK),
        (packages("3.13.1", {"locust": "2"}), BAD),
        (embedded_server("embedded Valkey", True), OK),
        (embedded_server("embedded Valkey", False), WARN),
        (optional_program("promtool", None), OK),
        (optional_program("promtool", "/usr/bin/promtool"), OK),
    ],
)
def test_a_reading_has_its_status_and_a_remedy_unless_it_is_ok(finding: Finding, status: str) -> None:
    assert (finding.status, bool(finding.remedy)) == (status, status != OK)


def test_what_is_missing_is_named_in_the_remedy() -> None:
    assert "gevent geventhttpclient httptools" in packages("3.13.1", {"locust": "2"}).remedy
