from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from locust import events

from loadstone.errors import LoadstoneError
from loadstone.load.locustfile import default_options, load_user_classes

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


TAGGED = """
from locust import TaskSet, User, tag, task

class Reader(User):
    @tag("read")
    @task
    def read(self): ...

    @tag("read", "slow")
    @task
    def search(self): ...

    @task
    class Nested(TaskSet):
        @tag("write")
        @task
        def write(self): ...

class Writer(User):
    @tag("write")
    @task
    def write(self): ...
"""


@pytest.mark.parametrize(
    ("tags", "exclude_tags", "tasks"),
    [
        ([], [], {"Reader": ["read", "search", "Nested"], "Writer": ["write"]}),
        (["read"], [], {"Reader": ["read", "search"]}),
        (["write"], [], {"Reader": ["Nested"], "Writer": ["write"]}),
        (["read", "write"], ["slow"], {"Reader": ["read", "Nested"], "Writer": ["write"]}),
        ([], ["write"], {"Reader": ["read", "search"]}),
    ],
)
def test_tags_choose_tasks_and_leave_out_classes_without_any(
    path: Path, tags: list[str], exclude_tags: list[str], tasks: dict[str, list[str]]
) -> None:
    path.write_text(TAGGED)
    classes = load_user_classes(str(path), [], tags, exclude_tags)
    kept: dict[str, Any] = {chosen.__name__: chosen.tasks for chosen in classes}
    assert {name: [task.__name__ for task in kept[name]] for name in kept} == tasks


def test_tags_that_leave_no_task_at_all_are_refused(path: Path) -> None:
    path.write_text(TAGGED)
    with pytest.raises(LoadstoneError, match="has no task with admin and without read, slow"):
        load_user_classes(str(path), [], ["admin"], ["read", "slow"])


def test_a_load_shape_is_said_to_have_no_effect(path: Path) -> None:
    shape = "\nfrom locust import LoadTestShape\nclass Wave(LoadTestShape):\n    def tick(self): ...\n"
    path.write_text(TWO_CLASSES + shape)
    warnings: list[str] = []
    assert len(load_user_classes(str(path), warn=warnings.append)) == 2
    assert warnings == [
        "Wave has no effect: the plan says how much load there is, not a load shape.",
    ]


def test_a_class_without_tasks_is_left_out_beside_others(path: Path) -> None:
    path.write_text(TWO_CLASSES + "\nclass Idle(User): ...\n")
    warnings: list[str] = []
    classes = load_user_classes(str(path), warn=warnings.append)
    assert [user_class.__name__ for user_class in classes] == ["First", "Second"]
    assert warnings == ["Idle has no task and is left out."]


@pytest.fixture
def own_option() -> Iterator[dict[str, Any]]:
    """What a locustfile adds to Locust's options: the keywords of `--page`, to be filled in."""
    keywords: dict[str, Any] = {}

    def add(parser: Any) -> None:
        parser.add_argument("--page", **keywords)

    hook: Any = events.init_command_line_parser
    hook.add_listener(add)
    yield keywords
    hook.remove_listener(add)


def test_options_that_a_file_adds_have_their_defaults(own_option: dict[str, Any]) -> None:
    own_option["default"] = "/page"
    options = default_options()
    assert (options.page, options.headless, options.tags) == ("/page", True, None)


def test_an_option_of_a_file_may_come_from_the_environment(
    own_option: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_option.update(env_var="PAGE", default="/page")
    monkeypatch.setenv("PAGE", "/other")
    assert default_options().page == "/other"


def test_an_option_that_must_be_given_is_refused(own_option: dict[str, Any]) -> None:
    own_option["required"] = True
    with pytest.raises(LoadstoneError, match="must be given"):
        default_options()
