"""`python -m benchmarks.generator`: prints the side-by-side table; writes it and every round."""

import argparse
import sys
from pathlib import Path

from benchmarks.generator.rounds import ClosedResult, OpenResult, measure_closed, measure_open, play_rounds
from benchmarks.generator.servers import Server, start_server
from benchmarks.generator.subjects import SUBJECTS, Subject, chosen_subjects
from benchmarks.generator.table import Measured, json_text, markdown
from loadstone.errors import LoadstoneError
from loadstone.records.environment import machine_facts
from loadstone.stack.affinity import split_cores
from loadstone.stack.guardian import Guardian

OPEN_CLIENTS = ["loadstone.HttpUser", "FastHttpUser"]


def main() -> int:
    """Measure, print, write, and return the exit code: 2 when a subject failed."""
    arguments = _parser().parse_args()
    try:
        measured = measure(arguments, chosen_subjects(arguments.only))
    except LoadstoneError as error:
        print(f"benchmarks.generator: {error}", file=sys.stderr)
        return error.exit_code
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "generator.json").write_text(json_text(measured))
    (arguments.out / "generator.md").write_text(markdown(measured))
    print(markdown(measured))
    return 0


def measure(arguments: argparse.Namespace, subjects: list[Subject]) -> Measured:
    """Return the results of all rounds, closed first, then open."""
    with Guardian() as guardian:
        server = start_server(guardian)
        return Measured(
            server=server.name,
            cores_shared=split_cores().shared,
            connections=arguments.connections,
            seconds=arguments.seconds,
            seed=arguments.seed,
            open_rate=arguments.open_rate,
            machine=machine_facts(),
            closed=_closed(arguments, subjects, server, guardian),
            open=_open(arguments, server, guardian) if arguments.open_rate else {},
        )


def _closed(
    arguments: argparse.Namespace, subjects: list[Subject], server: Server, guardian: Guardian
) -> dict[str, list[ClosedResult]]:
    by_name = {subject.name: subject for subject in subjects}

    def once(name: str) -> ClosedResult:
        result = measure_closed(by_name[name], server, arguments.connections, arguments.seconds, guardian)
        _tell(f"{name}: {result.rate:,.0f} requests/s, {result.cpu_s_per_request * 1e6:.1f} µs each")
        return result

    return play_rounds(list(by_name), arguments.rounds, arguments.seed, once)


def _open(arguments: argparse.Namespace, server: Server, guardian: Guardian) -> dict[str, list[OpenResult]]:
    def once(client: str) -> OpenResult:
        result = measure_open(client, server, arguments.open_rate, arguments.seconds, guardian)
        _tell(f"{client}, open: {result.cpu_s_per_request * 1e6:.1f} µs per arrival")
        return result

    return play_rounds(OPEN_CLIENTS, arguments.rounds, arguments.seed, once)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(subject.name for subject in SUBJECTS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAMES", help=f"with commas, of {names}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each subject in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--open-rate", type=float, default=5000.0, help="arrivals per second; 0: none")
    parser.add_argument("--seed", type=int, default=1, help="of the order within the rounds")
    parser.add_argument("--out", type=Path, default=Path("results/generator"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
