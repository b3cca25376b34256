from pathlib import Path

import pytest

from loadstone.checking import chosen_checks, judge
from loadstone.checks import CheckContext
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Remark
from loadstone.records.run import CheckResult


def module(directory: Path, name: str, text: str) -> str:
    (directory / f"{name}.py").write_text(text)
    return name


def test_the_named_checks_are_chosen(tmp_path: Path) -> None:
    name = module(tmp_path, "checks_two", "CHECKS = {'a': len, 'b': len}")
    assert list(chosen_checks(["b"], name, tmp_path)) == ["b"]
    assert chosen_checks([], "absent", tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("checks_none", "x = 1", "has no attribute 'CHECKS'"),
        ("checks_syntax", "def", "SyntaxError"),
        ("checks_other", "CHECKS = {'b': len}", "has no check a. It has: b"),
    ],
)
def test_what_is_wrong_with_a_projects_checks_is_said_before_anything_runs(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(LoadstoneError) as caught:
        chosen_checks(["a"], module(tmp_path, name, text), tmp_path)
    assert said in str(caught.value)


def test_checks_without_a_module_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadstoneError, match="names no module"):
        chosen_checks(["a"], "", tmp_path)


def test_a_check_that_fails_is_a_remark_and_the_others_are_made() -> None:
    def broken(context: CheckContext) -> CheckResult:
        raise ZeroDivisionError("by zero")

    def fine(context: CheckContext) -> CheckResult:
        return CheckResult(violations=0, observed=1)

    verdicts = dict(judge({"broken": broken, "fine": fine}, CheckContext([], lambda path: None)))
    assert isinstance(verdicts["broken"], Remark)
    assert verdicts["broken"].invalidates
    assert verdicts["fine"] == CheckResult(violations=0, observed=1)
