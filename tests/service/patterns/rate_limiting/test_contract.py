"""What every rate limiting strategy does, whichever one it is."""

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from service.patterns.rate_limiting import DEFAULT, NULL, STRATEGIES, RateLimiter, Rule

RULE = Rule(limit=10, window_s=60)
Build = Callable[..., RateLimiter]


@pytest.fixture(params=STRATEGIES)
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(strategy: str, redis: Redis, namespace: str) -> Build:
    return lambda rule: STRATEGIES[strategy](redis, rule, namespace)


async def admitted(limiter: RateLimiter, key: str, requests: int) -> int:
    """Return how many of the requests, made at once, are admitted."""
    decisions = await asyncio.gather(*(limiter.allow(key) for _ in range(requests)))
    return sum(decision.allowed for decision in decisions)


def test_the_default_and_the_null_strategy_are_registered() -> None:
    assert {DEFAULT, NULL} <= STRATEGIES.keys()


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
async def test_a_rested_key_gets_its_burst_at_once(build: Build, limit: int) -> None:
    limiter = build(Rule(limit, 60))
    allowance = limiter.allowance()
    burst = allowance.burst if allowance else limit
    assert await admitted(limiter, "key", burst) == burst


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
async def test_no_more_than_the_limit_is_admitted_at_once_unless_nothing_is_limited(
    build: Build, strategy: str, limit: int
) -> None:
    count = await admitted(build(Rule(limit, 60)), "key", 40)
    assert count == 40 if strategy == NULL else count <= limit


async def test_a_key_that_never_stops_asking_gets_more_after_the_promised_time(build: Build) -> None:
    limiter = build(Rule(limit=4, window_s=0.2))
    allowance = limiter.allowance()
    if allowance is None:
        assert await admitted(limiter, "key", 40) == 40
        return
    await admitted(limiter, "key", 40)
    await asyncio.sleep(allowance.every_s)
    assert await admitted(limiter, "key", 40) >= allowance.more


async def test_keys_do_not_meet(build: Build) -> None:
    limiter = build(RULE)
    await admitted(limiter, "one", 40)
    assert (await limiter.allow("two")).allowed


async def test_namespaces_do_not_meet(strategy: str, redis: Redis, namespace: str) -> None:
    await admitted(STRATEGIES[strategy](redis, RULE, f"{namespace}-one"), "key", 40)
    assert (await STRATEGIES[strategy](redis, RULE, f"{namespace}-two").allow("key")).allowed


async def test_only_who_is_refused_is_told_to_wait(build: Build) -> None:
    limiter = build(RULE)
    for _ in range(20):
        decision = await limiter.allow("key")
        assert not decision.failed
        assert 0 <= decision.remaining <= RULE.limit
        if decision.allowed:
            assert decision.retry_after_s == 0
        else:
            assert 0 < decision.retry_after_s <= RULE.window_s
            assert decision.remaining == 0


@pytest.mark.parametrize("fail_open", [True, False])
async def test_when_redis_is_away_the_policy_decides_and_says_so(
    dead_redis: Redis, strategy: str, namespace: str, fail_open: bool
) -> None:
    decision = await STRATEGIES[strategy](dead_redis, RULE, namespace, fail_open=fail_open).allow("key")
    asks_redis = strategy != NULL
    assert decision.failed == asks_redis
    assert decision.allowed == (fail_open or not asks_redis)
    assert (decision.retry_after_s > 0) == (not decision.allowed)


@pytest.mark.parametrize(("limit", "window_s"), [(0, 60), (-1, 60), (10, 0), (10, -1)])
def test_a_rule_that_cannot_be_kept_is_refused(limit: int, window_s: float) -> None:
    with pytest.raises(ValueError, match="limit of at least 1"):
        Rule(limit, window_s)
