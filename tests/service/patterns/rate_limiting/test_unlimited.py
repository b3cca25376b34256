from redis.asyncio import Redis

from service.patterns.rate_limiting import Rule
from service.patterns.rate_limiting.unlimited import Unlimited


async def test_it_promises_no_bound(redis: Redis) -> None:
    assert Unlimited(redis, Rule(1, 60), "namespace").allowance() is None
