"""What a stack is to consist of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from loadstone.errors import LoadstoneError


@dataclass(frozen=True, kw_only=True)
class ServicePlan:
    """The service under test: `prepare` runs to its end first, then one process of `command` for each port.

    `{python}` and `{port}` in the commands are filled in. A process is ready when it answers 200 to a GET of
    `ready_path`. `environment` adds to the harness's own; the servers' URLs come on top.
    """

    command: Sequence[str]
    prepare: Sequence[str] = ()
    ready_path: str = "/"
    working_directory: Path = Path()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExternalServers:
    """Servers that run already, by URL; what is empty is started."""

    database_url: str = ""
    replica_urls: tuple[str, ...] = ()
    redis_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return what DATABASE_URL, DATABASE_READ_REPLICAS (parted by commas) and REDIS_URL name.

        Raises LoadstoneError when replicas are named without their primary.
        """
        database_url = environment.get("DATABASE_URL", "")
        replicas = environment.get("DATABASE_READ_REPLICAS", "")
        if replicas and not database_url:
            raise LoadstoneError(
                f"DATABASE_READ_REPLICAS is {replicas} but DATABASE_URL is not set.",
                "Set both, or neither to have PostgreSQL started.",
            )
        return cls(
            database_url=database_url,
            replica_urls=tuple(url.strip() for url in replicas.split(",") if url.strip()),
            redis_url=environment.get("REDIS_URL", ""),
        )


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """The whole system under test. Replicas are started only beside a primary that is."""

    service: ServicePlan
    replicas: int = 1
    replica_apply_delay_s: float = 0.0
    service_processes: int = 1
    load_processes: int = 1  # that want cores of their own on this machine
    external: ExternalServers = ExternalServers()
