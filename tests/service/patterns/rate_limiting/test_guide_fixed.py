"""The known faults of the guide's limiter, one by one."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from service.patterns.rate_limiting import Rule
from service.patterns.rate_limiting.guide_fixed import GuideFixed
from tests.service.patterns.rate_limiting.test_contract import admitted
from tests.service.patterns.waiting import until


async def test_twice_the_limit_less_one_passes_around_the_end_of_a_window(
    redis: Redis, namespace: str
) -> None:
    rule = Rule(limit=20, window_s=1.0)
    limiter = GuideFixed(redis, rule, namespace)

    async def window_is_over() -> bool:
        return not await redis.exists(f"{namespace}:key")

    assert await admitted(limiter, "key", 1) == 1
    await asyncio.sleep(0.75)
    start_s = time.monotonic()
    before = await admitted(limiter, "key", 19)
    await until(window_is_over)
    after = await admitted(limiter, "key", 20)
    assert time.monotonic() - start_s < rule.window_s
    assert before + after == 39


async def test_a_process_killed_between_its_two_commands_blocks_the_key_for_ever(
    redis: Redis, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = GuideFixed(redis, Rule(limit=3, window_s=0.05), namespace)

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(redis, "pexpire", killed)
        with pytest.raises(asyncio.CancelledError):
            await limiter.allow("key")
    assert await admitted(limiter, "key", 10) == 2
    await asyncio.sleep(0.1)
    assert await redis.ttl(f"{namespace}:key") == -1
    assert not (await limiter.allow("key")).allowed
