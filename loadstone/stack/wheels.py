"""The wheels that hold the servers' programs."""

from importlib.util import find_spec
from pathlib import Path

from loadstone.errors import LoadstoneError


def find_package(name: str) -> Path:
    """Return the folder of an installed package without importing it; LoadstoneError when there is none."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LoadstoneError(
            f"The package {name.replace('_', '-')}, whose server is to be started, is not installed.",
            "Install it, or name servers of your own in DATABASE_URL and REDIS_URL.",
        )
    return Path(spec.submodule_search_locations[0])
