"""Nothing acknowledged may be lost."""

from loadstone.checks import CheckContext
from loadstone.records.run import CheckResult


def counting(context: CheckContext) -> CheckResult:
    acknowledged = sum(event.outcome == "ok" for event in context.events)
    lost = max(0, acknowledged - int(context.ask("/counted")))
    return CheckResult(violations=lost, observed=acknowledged, about="counts lost")


CHECKS = {"counting": counting}
