from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError
from loadstone.load.locustfile import load_user_classes

TWO_CLASSES = """
from locust import User, task

class First(User):
    @task
    def work(self): ...

class Second(First): ...

class Base(User):
    abstract = True
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scenario.py"


def test_all_classes_are_loaded_in_the_files_order(path: Path) -> None:
    path.write_text(TWO_CLASSES)
    assert [user_class.__name__ for user_class in load_user_classes(str(path), [])] == ["First", "Second"]


def test_named_classes_are_chosen(path: Path) -> None:
    path.write_text(TWO_CLASSES)
    assert [user_class.__name__ for user_class in load_user_classes(str(path), ["Second"])] == ["Second"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no user class"),
        ("from locust import User, task\nclass Idle(User): ...", "Idle in .* has no task"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_a_sentence(path: Path, text: str, sentence: str) -> None:
    path.write_text(text)
    with pytest.raises(LoadstoneError, match=sentence):
        load_user_classes(str(path), [])


def test_the_files_own_error_shows_its_last_lines_and_none_of_ours(path: Path) -> None:
    path.write_text("def settings():\n    return {}['rate']\n\nsettings()\n")
    with pytest.raises(LoadstoneError) as raised:
        load_user_classes(str(path), [])
    assert "return {}['rate']" in raised.value.remedy
    assert "KeyError: 'rate'" in raised.value.remedy
    assert "loadstone" not in raised.value.remedy


def test_an_unknown_class_is_refused_with_the_known_ones(path: Path) -> None:
    path.write_text(TWO_CLASSES)
    with pytest.raises(LoadstoneError, match=r"no user class Third. It has: First, Second"):
        load_user_classes(str(path), ["Third"])
