import pytest

from loadstone.errors import LoadstoneError
from loadstone.stack import ExternalServers


def test_servers_in_the_environment_are_taken_by_their_usual_names() -> None:
    external = ExternalServers.from_environment(
        {
            "DATABASE_URL": "postgresql://db/app",
            "DATABASE_READ_REPLICAS": "postgresql://r1/app, postgresql://r2/app",
            "REDIS_URL": "redis://cache",
        }
    )
    assert external.database_url == "postgresql://db/app"
    assert external.replica_urls == ("postgresql://r1/app", "postgresql://r2/app")
    assert external.redis_url == "redis://cache"


def test_an_empty_environment_names_none() -> None:
    assert ExternalServers.from_environment({"DATABASE_READ_REPLICAS": ""}) == ExternalServers()


def test_replicas_without_their_primary_are_refused() -> None:
    with pytest.raises(LoadstoneError, match="DATABASE_URL is not set"):
        ExternalServers.from_environment({"DATABASE_READ_REPLICAS": "postgresql://r1/app"})
