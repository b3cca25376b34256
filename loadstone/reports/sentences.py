"""What a run says in words, the same in every format."""

from loadstone.analysis.validity import GENERATOR_WAS_THE_LIMIT
from loadstone.records.run import CheckResult, Quantiles, Run
from loadstone.reports.units import count_text, length_text, quantile_text

STEADY = {"constant": "constant", "poisson": "Poisson"}  # plans that have one rate


def headline_parts(run: Run) -> list[str]:
    """Return what was run, from the scenario to the system, as short parts of one line."""
    phases = f"{length_text(run.warm_up_s)} warm-up + {length_text(run.duration_s)}"
    parts = [run.scenario, workload_text(run), phases, f"seed {run.seed}", run.environment.get("system", "")]
    return [str(part) for part in parts if part]


def workload_text(run: Run) -> str:
    """Return how requests came: `open Poisson 300/s`, `open ramp:10-200, mean 105/s`, `closed, 50 users`."""
    if run.workload == "closed":
        return closed_text(run)
    kind, rate = run.arrivals.kind, run.arrivals.rate
    if kind in STEADY:
        return f"open {STEADY[kind]} {rate:,g}/s"
    return f"open {kind}, mean {rate:,.4g}/s"


def closed_text(run: Run) -> str:
    """Return what stands beside every latency of a closed workload: `closed, 50 users`; else nothing."""
    if run.workload != "closed":
        return ""
    return f"closed, {_counted(run.users, 'user')}" if run.users else "closed"


def closed_remark(run: Run) -> str:
    """Return what a closed workload cannot tell; empty for an open one."""
    if run.workload != "closed":
        return ""
    return (
        "A user of a closed workload asks again only when it has its answer: when the system stalls, the load"
        " stalls with it, and the wait of those who would have come meanwhile is in no latency here."
    )


def withheld_text(run: Run) -> str:
    """Return why a run's latencies are not to be seen; empty when they are."""
    if run.valid:
        return ""
    limit = any(reason.startswith(GENERATOR_WAS_THE_LIMIT) for reason in run.invalid_reasons)
    return f"not shown: {GENERATOR_WAS_THE_LIMIT if limit else 'the measurement is invalid'}"


def check_text(check: CheckResult) -> str:
    """Return a check's counts: `0 of 3,214 views lost`, and how many more could not be told."""
    counted = f"{check.violations:,} of {check.observed:,} {check.about or 'violations'}"
    return f"{counted} ({check.indeterminate:,} indeterminate)" if check.indeterminate else counted


def families(run: Run) -> list[str]:
    """Return every pattern of the configuration, then those that only left a note."""
    return list(dict.fromkeys([*run.configuration.strategies, *run.pattern_notes]))


def example_columns(check: CheckResult) -> list[str]:
    """Return the names that a check's examples use, in the order they first appear."""
    return list(dict.fromkeys(name for example in check.examples for name in example))


def breakdown_text(check: CheckResult) -> str:
    """Return the violations by kind: `2 stale writes, 1 never finished`."""
    return ", ".join(
        f"{count:,} {kind.replace('_', ' ')}" for kind, count in check.breakdown.items() if count
    )


def arrivals_text(run: Run) -> str:
    """Return the plan and what became of it."""
    arrivals = run.arrivals
    if run.workload == "closed":
        return f"no plan; {count_text(arrivals.sent)} requests, each sent when its user was free"
    counts = ("planned", "sent", "completed", "dropped", "unfinished")
    return ", ".join(f"{count_text(getattr(arrivals, name))} {name}" for name in counts)


def quantiles_text(quantiles_s: Quantiles) -> str:
    """Return the quantiles in one line: `p50 52 µs, p99 110 µs, max 2.1 ms`; empty when none was measured."""
    if quantiles_s.max is None:
        return ""
    return ", ".join(f"{name} {quantile_text(quantiles_s, name)}" for name in ("p50", "p99", "max"))


def lag_lines(run: Run) -> list[tuple[str, str]]:
    """Return each lag that was measured, with its name."""
    arrivals = run.arrivals
    lags_s = {
        "wake lag": arrivals.wake_lag_s,
        "canary lag": arrivals.canary_lag_s,
        "queue lag": arrivals.queue_lag_s,
    }
    return [(name, text) for name, lag_s in lags_s.items() if (text := quantiles_text(lag_s))]


def server_timing_text(run: Run) -> str:
    """Return the parts of the service time that the server told of, over all endpoints."""
    return ", ".join(
        f"{part} p50 {quantile_text(told_s, 'p50')} p99 {quantile_text(told_s, 'p99')}"
        for part, told_s in run.total.server_timing_s.items()
    )


def most_common(messages: dict[str, int], limit: int) -> list[tuple[str, int]]:
    """Return the messages with the highest counts, highest first."""
    return sorted(messages.items(), key=lambda item: -item[1])[:limit]


def partial_text(run: Run) -> str:
    """Return when a partial run was ended; empty for a whole one."""
    if not run.partial:
        return ""
    if run.measured_s <= 0:
        return "The run was ended before its warm-up was over; nothing was measured"
    measured = f"{length_text(round(run.measured_s, 1))} of {length_text(run.duration_s)}"
    return f"The run was ended at {measured}; the numbers cover that time alone"


def verdict_text(run: Run) -> str:
    """Return the verdict's grounds in one sentence."""
    if run.verdict == "PARTIAL":
        return partial_text(run)
    failed, missed = run.failed_checks, missed_objectives(run)
    grounds = []
    if failed:
        grounds.append(f"{len(failed)} of {_counted(len(run.checks), 'check')} failed: {', '.join(failed)}")
    if missed:
        grounds.append(
            f"{len(missed)} of {_counted(len(run.objectives), 'objective')} missed: {', '.join(missed)}"
        )
    if not run.valid:
        grounds.append(
            "the measurement is invalid: its latencies and objectives say nothing about the system"
        )
    return "; ".join(grounds) or _all_held_text(run)


def missed_objectives(run: Run) -> list[str]:
    """Return the expressions of the objectives that were not met."""
    return [str(objective["expression"]) for objective in run.objectives if not objective.get("passed", True)]


def _all_held_text(run: Run) -> str:
    if not run.checks:
        return "no check was asked for"
    observed = sum(check.observed for check in run.checks.values())
    return f"{_counted(len(run.checks), 'check')} held: 0 violations in {observed:,} facts"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
