"""Engines for PostgreSQL: bounded pools, bounded waits."""

import asyncio

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from service.patterns.replica_routing import Node
from service.settings import Settings

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
POOL_TIMEOUT_S = 2.0  # how long a request waits for a free connection before it is answered 503
PING_TIMEOUT_S = 1.0


def create_engine(url: str, settings: Settings) -> AsyncEngine:
    """Return an engine for a postgresql:// URL; no connection is opened yet.

    No pre-ping: it costs three round trips a checkout, and a broken connection is an error to be seen.
    """
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_max_overflow,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": COMMAND_TIMEOUT_S,
            "server_settings": {"application_name": "service", "jit": "off"},  # the statements are all short
        },
    )


def create_nodes(settings: Settings) -> tuple[Node, list[Node]]:
    """Return the primary and the replicas, named in the order of the setting."""
    primary = Node("primary", create_engine(settings.database_url, settings))
    replicas = [
        Node(f"replica-{number}", create_engine(url, settings))
        for number, url in enumerate(settings.database_read_replicas, start=1)
    ]
    return primary, replicas


async def ping(engine: AsyncEngine) -> None:
    """Return when the server answers; raises what the driver raises, or TimeoutError after a second."""
    async with asyncio.timeout(PING_TIMEOUT_S), engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SELECT 1"))
