"""One strategy of each family, built as the settings say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.errors import ConfigurationError
from service.patterns import caching, locking, rate_limiting, replica_routing, view_counting
from service.patterns.caching import Cache
from service.patterns.locking import Lock
from service.patterns.rate_limiting import RateLimiter, Rule
from service.patterns.replica_routing import Node, Router
from service.patterns.view_counting import ViewCounter
from service.redis import NAMESPACE, RedisClients
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Strategies:
    """The chosen ones. Nobody who uses them asks which they are."""

    cache: Cache
    posts_limiter: RateLimiter
    lock: Lock
    views: ViewCounter
    router: Router


FAMILIES: dict[str, Mapping[str, object]] = {
    "caching": caching.STRATEGIES,
    "rate_limiting": rate_limiting.STRATEGIES,
    "locking": locking.STRATEGIES,
    "view_counting": view_counting.STRATEGIES,
    "replica_routing": replica_routing.STRATEGIES,
}


def require_known(settings: Settings) -> None:
    """Raise ConfigurationError when a family has no strategy of the chosen name."""
    for family, name in settings.strategies().items():
        if name not in FAMILIES[family]:
            names = ", ".join(FAMILIES[family])
            raise ConfigurationError(f"{family.upper()}_STRATEGY is '{name}', but must be one of: {names}.")


def build_strategies(
    settings: Settings, primary: Node, replicas: Sequence[Node], redis: RedisClients
) -> Strategies:
    """Return the strategies; no connection is opened yet."""
    cache = caching.STRATEGIES[settings.caching_strategy]
    limiter = rate_limiting.STRATEGIES[settings.rate_limiting_strategy]
    lock = locking.STRATEGIES[settings.locking_strategy]
    views = view_counting.STRATEGIES[settings.view_counting_strategy]
    router = replica_routing.STRATEGIES[settings.replica_routing_strategy]
    return Strategies(
        cache=cache(redis.repeating, f"{NAMESPACE}:cache", settings.cache_lease_s),
        posts_limiter=limiter(
            redis.once, posts_rule(settings), f"{NAMESPACE}:posts", settings.rate_limit_fail_open
        ),
        lock=lock(redis.once, primary.engine, settings.processing_lease_s, f"{NAMESPACE}:lock"),
        views=views(redis.once, primary.engine, f"{NAMESPACE}:views", settings.view_dedupe_s),
        router=router(primary, replicas, settings.replica_wait_s),
    )


def posts_rule(settings: Settings) -> Rule:
    """Return how many posts a user may write."""
    return Rule(settings.rate_limit_posts, settings.rate_limit_posts_window_s)
