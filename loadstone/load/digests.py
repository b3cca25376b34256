"""Whether all machines of a run have the same files: the locustfile, and what is replayed."""

import hashlib
from pathlib import Path

from loadstone.arrivals import replayed_files
from loadstone.errors import LoadstoneError
from loadstone.records.load import LoadPlan


def shared_digests(plan: LoadPlan) -> dict[str, str]:
    """Return the SHA-256 of each file that every worker must have, by its path in the plan.

    Modules that the locustfile imports are not among them. Raises LoadstoneError when one cannot be read.
    """
    replayed = replayed_files(plan.arrivals) if plan.workload == "open" else []
    return {path: _digest(path) for path in [plan.locustfile, *replayed]}


def refuse_other_files(plan: LoadPlan, digests: dict[str, str], locustfile: str) -> None:
    """Raise LoadstoneError when a file here differs from the master's.

    `locustfile` is where this machine has the plan's; the others have the same paths everywhere.
    """
    for path, digest in digests.items():
        here = locustfile if path == plan.locustfile else path
        if _digest(here) != digest:
            raise LoadstoneError(
                f"{here} is not the {path} that the master has.", "Copy the master's to every machine."
            )


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise LoadstoneError(
            f"cannot read {path}: {error.strerror}.", "Name the locustfile of this machine with -f."
        ) from error
