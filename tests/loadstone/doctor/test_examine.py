import pytest

from loadstone.calibration import Calibration
from loadstone.doctor import examine, generator, present
from loadstone.records.finding import BAD, OK, WARN
from loadstone.records.idle_loop import IdleLoop


def test_every_finding_has_a_name_of_its_own_something_seen_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(present, "WATCHED_S", 0.05)
    monkeypatch.setattr(generator, "measure_idle_loop", lambda: IdleLoop("loop", "4", True, 1e-5, 1e-4))
    monkeypatch.setattr(generator, "calibrate", lambda client: Calibration(client, 1000.0, 0.001, "", ""))
    steps: list[str] = []
    findings = examine(steps.append)
    names = [finding.name for finding in findings]
    assert len(set(names)) == len(names)
    assert all(finding.seen and finding.status in (OK, WARN, BAD) for finding in findings)
    assert names[-3:] == ["loadstone.HttpUser", "FastHttpUser", "HttpUser"]
    assert steps[0] == "looking at the machine"
