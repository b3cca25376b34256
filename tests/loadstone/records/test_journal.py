import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.records.journal import End, Entry, Journal, Load, Remark, read_journal
from loadstone.records.load import LoadMessage


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    entries: list[Entry] = [
        Remark("late", invalidates=True),
        Load(LoadMessage("started", 0, 0, at_s=1.5)),
        End(),
    ]
    journal = Journal(tmp_path / "journal.jsonl")
    for entry in entries:
        journal.append(entry)
    assert list(read_journal(tmp_path / "journal.jsonl")) == entries
    journal.close()


def test_a_last_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(Remark("whole"))
    journal.close()
    path.write_bytes(path.read_bytes() + b'{"type":"rem')
    assert list(read_journal(path)) == [Remark("whole")]


def test_a_journal_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(Remark("early"))
    entries = read_journal(path)
    assert next(entries) == Remark("early")
    journal.append(Remark("late"))
    journal.close()
    assert list(entries) == [Remark("late")]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"type":"unknown"}\n')
    with pytest.raises(LoadstoneError, match="line 1"):
        list(read_journal(path))


def test_a_missing_journal_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match="cannot read"):
        list(read_journal(tmp_path / "journal.jsonl"))


@contextmanager
def files_bounded(length_bytes: int) -> Iterator[None]:
    """Let no file grow longer, as on a disk that is full: the write that reaches the bound is cut short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_entry_that_does_not_fit_is_a_sentence_and_leaves_no_part_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(Remark("early"))
    with (
        files_bounded(path.stat().st_size + 40),
        pytest.raises(LoadstoneError, match=r"cannot write .*jsonl"),
    ):
        journal.append(Remark("x" * 100))
    journal.append(Remark("late"))
    journal.close()
    assert list(read_journal(path)) == [Remark("early"), Remark("late")]
