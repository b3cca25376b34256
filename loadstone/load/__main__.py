"""`python -m loadstone.load`: a LoadPlan as JSON on standard input, a LoadMessage a line on standard output.

Exit codes: 0 the plan was played; 2 it could not be, standard error says why; 3 nobody reads the messages.
"""

import os
import signal
import sys

import msgspec

from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadPlan


def main() -> int:
    """Play the plan and return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # until the engine knows what to do with it
    messages = _claim_standard_output()
    _scrub_environment()
    # Importing these patches the process, so the environment is scrubbed before; and it takes a second, in
    # which the harness makes up the plan.
    from loadstone.load.engine import Engine
    from loadstone.load.stream import MessageStream

    try:
        Engine(_read_plan(sys.stdin.buffer.read()), MessageStream(messages, worker=0)).run()
    except LoadstoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


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
