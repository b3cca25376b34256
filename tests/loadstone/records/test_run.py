from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.records.run import read_run


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
