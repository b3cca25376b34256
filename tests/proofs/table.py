"""`python -m tests.proofs.table`: the README's table, from the runs that `make prove` has kept."""

import sys
from pathlib import Path
from statistics import median

from loadstone.records.run import Run, read_run
from loadstone.reports.units import seconds_text
from tests.proofs.conftest import proofs_directory
from tests.proofs.families import FAMILIES, REPEATS

HEADING = """| family | strategy | p50 | p99 | violations | of |
|---|---|---:|---:|---:|---:|"""


def main(directory: Path) -> None:
    """Print a row for each strategy: medians over the repeats, violations with their range."""
    print(HEADING)
    for family in FAMILIES:
        for strategy in (family.guide, family.default):
            names = [f"{family.name}-{strategy}-{repeat}" for repeat in range(REPEATS)]
            runs = [read_run(directory / name / "run.json") for name in names]
            print(f"| {family.name} | `{strategy}` | {' | '.join(cells(family.name, runs))} |")


def cells(family: str, runs: list[Run]) -> list[str]:
    """Return p50, p99, violations and facts observed."""
    violations = sorted(run.checks[family].violations for run in runs)
    span = f" ({violations[0]:,}–{violations[-1]:,})" if violations[0] < violations[-1] else ""
    return [
        quantile(runs, "p50"),
        quantile(runs, "p99"),
        f"{median(violations):,.0f}{span}",
        f"{median(run.checks[family].observed for run in runs):,.0f}",
    ]


def quantile(runs: list[Run], name: str) -> str:
    """Return the median over the runs; a dash where too few requests were made for this quantile."""
    values = [getattr(run.total.latency_s, name) for run in runs]
    return "–" if None in values else seconds_text(median(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else proofs_directory())
