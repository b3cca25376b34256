"""`python -m loadstone.load`: a LoadPlan as JSON on standard input, a LoadMessage a line on standard output.

`python -m loadstone.load worker --master HOST --port PORT [-f FILE]`: a worker of a plan that another such
process has read; it speaks to that one only.

`python -m loadstone.load clients`: a LoadPlan as JSON on standard input, the kinds of HTTP client that its
users have as a JSON list on standard output.

Exit codes: 0 the plan was played; 2 it could not be, standard error says why; 3 nobody listens any more.
"""

import argparse
import os
import signal
import sys

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadPlan


def main() -> int:
    """Play a plan, alone, as a master or as a worker, and return the exit code."""
    signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT}
    )  # it waits until somebody knows what to do at it
    messages = _claim_standard_output()
    _scrub_environment()
    arguments = _parser().parse_args()
    try:
        if arguments.role == "worker":
            _work(arguments.master, arguments.port, arguments.locustfile)
        elif arguments.role == "clients":
            _tell_clients(messages)
        else:
            _play(messages)
    except LoadstoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _play(messages: int) -> None:
    # Importing these patches the process, so the environment is scrubbed before; and it takes a second, in
    # which the harness makes up the plan.
    from loadstone.load.alone import play_alone
    from loadstone.load.master import Master
    from loadstone.load.stream import Descriptor

    plan = _read_plan(sys.stdin.buffer.read())
    output = Descriptor(messages)
    if plan.workers:
        Master(plan, output).run()
    else:
        play_alone(plan, output)


def _work(master: str, port: int, locustfile: str) -> None:
    from loadstone.load.worker import Worker

    Worker(master, port, locustfile).run()


def _tell_clients(output: int) -> None:
    from loadstone.load.clients import client_kind
    from loadstone.load.engine import prepare_process

    classes = prepare_process(_read_plan(sys.stdin.buffer.read()), warn=lambda sentence: None)
    os.write(output, msgspec.json.encode(sorted({client_kind(user_class) for user_class in classes})))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadstone.load", allow_abbrev=False)
    roles = parser.add_subparsers(dest="role")
    roles.add_parser("clients", allow_abbrev=False)
    worker = roles.add_parser("worker", allow_abbrev=False)
    worker.add_argument("--master", required=True, metavar="HOST")
    worker.add_argument("--port", required=True, type=int)
    worker.add_argument("-f", "--locustfile", default="", metavar="FILE")
    return parser


def _claim_standard_output() -> int:
    """Return a descriptor of the original output; what a locustfile prints goes to standard error instead."""
    messages = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return messages


def _scrub_environment() -> None:
    """Forget Locust's own configuration: the plan is the only one."""
    for name in [name for name in os.environ if name.startswith("LOCUST_")]:
        del os.environ[name]


def _read_plan(text: bytes) -> LoadPlan:
    try:
        return msgspec.json.decode(text, type=LoadPlan)
    except msgspec.DecodeError as error:
        raise LoadstoneError(
            f"this is no load plan: {error}.", "Start the load with `loadstone run`."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
