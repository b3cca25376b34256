"""Asks a project's checks for their verdicts on a run."""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from loadstone.checks import Check, CheckContext
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Remark
from loadstone.records.run import CheckResult


def chosen_checks(names: Sequence[str], module_name: str, directory: Path) -> dict[str, Check]:
    """Return the named ones of a project's `CHECKS`; raises LoadstoneError when there are none to be had."""
    if not names:
        return {}
    if not module_name:
        raise LoadstoneError(
            f"the scenario asks for the checks {', '.join(names)}, but [tool.loadstone] names no module.",
            'Set checks = "package.module".',
        )
    checks = _load(module_name, directory)
    if unknown := [name for name in names if name not in checks]:
        raise LoadstoneError(
            f"{module_name} has no check {', '.join(unknown)}.", f"It has: {', '.join(checks)}."
        )
    return {name: checks[name] for name in names}


def _load(module_name: str, directory: Path) -> Mapping[str, Check]:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    try:
        checks: Mapping[str, Check] = importlib.import_module(module_name).CHECKS
    except Exception as error:  # a project's own code: whatever is wrong with it
        raise LoadstoneError(
            f"[tool.loadstone] checks = '{module_name}' cannot be used: {type(error).__name__}: {error}.",
            "Name a module that holds CHECKS, a mapping from name to check.",
        ) from error
    return checks


def judge(checks: Mapping[str, Check], context: CheckContext) -> Iterator[tuple[str, CheckResult | Remark]]:
    """Yield each check's verdict; a check that cannot be made yields a remark that invalidates the run."""
    for name, check in checks.items():
        try:
            yield name, check(context)
        except Exception as error:  # a project's own code: whatever it does, the run's numbers are kept
            yield name, Remark(f"the check {name} could not be made: {error}", invalidates=True)
