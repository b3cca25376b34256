"""Asks a project's checks for their verdicts on a run."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from loadstone.checks import Check, CheckContext
from loadstone.errors import LoadstoneError
from loadstone.records.journal import Remark
from loadstone.records.run import CheckResult


def load_checks(module_name: str, directory: Path) -> Mapping[str, Check]:
    """Return the `CHECKS` of a project's module; raises LoadstoneError when there are none to be had."""
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    try:
        checks: Mapping[str, Check] = importlib.import_module(module_name).CHECKS
    except (ImportError, AttributeError) as error:
        raise LoadstoneError(
            f"[tool.loadstone] checks = '{module_name}' cannot be used: {error}.",
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
