import json
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.records.run import Quantiles, encode_run, read_run
from tests.loadstone.reports import sample


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "no run record"),
        (b"[1]", "no run record"),
        (b"{}", "schema version None"),
        (b'{"schema_version": 99}', "schema version 99"),
        (b'{"schema_version": 1}', "is damaged"),
    ],
)
def test_what_is_no_record_of_this_version_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(LoadstoneError, match=said):
        read_run(path)


def test_a_missing_record_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match=r"run\.json"):
        read_run(tmp_path / "run.json")


def test_a_record_that_was_written_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for run in (sample.passing_run(), sample.failing_run(), sample.empty_run()):
        path.write_bytes(encode_run(run))
        assert read_run(path) == run


def test_a_record_names_its_version_and_its_state_also_when_they_are_the_usual_ones() -> None:
    record = json.loads(encode_run(sample.passing_run()))
    usual = {"schema_version": 1, "workload": "open", "partial": False, "valid": True, "invalid_reasons": []}
    assert record | usual == record


def test_a_record_of_the_first_release_still_reads(tmp_path: Path) -> None:
    record = json.loads(encode_run(sample.passing_run()))
    for name in ("users", "workers"):
        del record[name]
    for name in ("canary_lag_s", "latency_s"):
        del record["arrivals"][name]
    del record["timeline"]["step_s"]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(record))
    run = read_run(path)
    assert (run.users, run.workers, run.timeline.step_s) == (0, [], 1)
    assert run.arrivals.latency_s == Quantiles()
