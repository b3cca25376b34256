"""PostgreSQL, its replicas and Valkey together, started or given."""

from collections.abc import Collection
from typing import Any

from loadstone.stack.guardian import Guardian
from loadstone.stack.plan import StackPlan
from loadstone.stack.postgres import PostgresServer, start_primary, start_replica
from loadstone.stack.process import ChildProcess
from loadstone.stack.redis import RedisServer

CATCH_UP_TIMEOUT_S = 30.0


class Servers:
    """What the service stores its data in. The constructor returns when the primary and Redis are ready."""

    def __init__(self, plan: StackPlan, guardian: Guardian, cores: Collection[int]) -> None:
        self._plan = plan
        self._cores = cores
        self._redis = None if plan.external.redis_url else RedisServer(guardian, cores=cores)
        self._primary = None if plan.external.database_url else start_primary(guardian, cores=cores)
        self._replicas: list[PostgresServer] = []
        if self._redis:
            self._redis.wait_until_ready()

    def start_replicas(self) -> None:
        """Copy the primary as often as planned; the copies stream from then on."""
        if self._primary:
            for number in range(1, self._plan.replicas + 1):
                delay_s = self._plan.replica_apply_delay_s
                name = f"replica-{number}"
                self._replicas.append(
                    start_replica(self._primary, name, apply_delay_s=delay_s, cores=self._cores)
                )

    def wait_until_caught_up(self) -> None:
        """Return once every replica has applied all that was written."""
        for replica in self._replicas:
            assert self._primary is not None
            replica.wait_until_caught_up(self._primary, CATCH_UP_TIMEOUT_S + self._plan.replica_apply_delay_s)

    @property
    def database_url(self) -> str:
        """The primary's URL."""
        return self._primary.url if self._primary else self._plan.external.database_url

    @property
    def replica_urls(self) -> list[str]:
        """The replicas' URLs, in the order of their names."""
        return [replica.url for replica in self._replicas] or list(self._plan.external.replica_urls)

    @property
    def redis_url(self) -> str:
        """The URL of the Redis database."""
        return self._redis.url if self._redis else self._plan.external.redis_url

    def environment(self) -> dict[str, str]:
        """Return the URLs under the names by which services expect them."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_READ_REPLICAS": ",".join(self.replica_urls),
            "REDIS_URL": self.redis_url,
        }

    def processes(self) -> dict[str, ChildProcess]:
        """Return the processes that were started, by name."""
        postgres = [self._primary, *self._replicas] if self._primary else []
        redis = {"redis": self._redis.process} if self._redis else {}
        return {server.name: server.process for server in postgres} | redis

    def facts(self) -> dict[str, Any]:
        """Return versions and durability settings; of given servers only that they were given."""
        given = {"external": True}
        replicas = {"replicas": len(self.replica_urls)}
        delay = {"replica_apply_delay_s": self._plan.replica_apply_delay_s} if self._replicas else {}
        postgres = self._primary.facts() if self._primary else given
        return {
            "postgresql": {**postgres, **replicas, **delay},
            "redis": self._redis.facts() if self._redis else given,
        }
