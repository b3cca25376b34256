"""Leases: one load a miss, and no load may store what was invalidated while it ran."""

import asyncio
import random
import secrets
import time
from contextlib import suppress
from dataclasses import replace

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.patterns.caching.protocol import Cached, Load
from service.patterns.caching.single_flight import SingleFlight
from service.patterns.scripts import Script, milliseconds

# An entry begins with one byte that says what it is.
BODY, ABSENT, LEASE = b"+", b"-", b"?"
JITTER = 0.1
POLL_S = 0.01


class Lease:
    """A miss grants a lease; only a lease that still stands in the entry's place may become a body.

    Choose this when reads must follow writes and loads are worth protecting: the default.
    Guarantee: after `invalidate` returned, no read that begins later gets a body loaded before; one load a
    miss over all processes as long as loads take less than `wait_s`. Lifetimes vary by ±10 %, so that entries
    made together do not expire together. "There is none" is kept like a body.
    Failure mode: a holder that dies or loads longer than `lease_s` lets the next reader load; readers of
    other processes wait for `wait_s`, then load for themselves (once a process) without storing. When Redis
    fails, `get` loads, says `cache_failed`, and protects nothing; `invalidate` raises.
    Round trips: 1 for a hit; 2 and the load for a miss; 1 to invalidate.
    Source: Nishtala and others, Scaling Memcache at Facebook, NSDI 2013, section 3.2.1.

    In a process, flights are named by the lease they began under. Whoever reads a lease in Redis knows that
    nothing was invalidated since it was granted, so its flight suits; whoever comes after an invalidation,
    by this process or another, finds the lease gone and cannot join.
    """

    def __init__(self, redis: Redis, namespace: str, lease_s: float = 10, wait_s: float = 1.0) -> None:
        self._redis = redis
        self._namespace = namespace
        self._lease_ms = milliseconds(lease_s)
        self._wait_s = wait_s
        self._read = Script(redis, __package__, "read_or_lease")
        self._fill = Script(redis, __package__, "fill")
        self._give_back = Script(redis, __package__, "give_back")
        self._loads = SingleFlight[Cached]()
        self._waits = SingleFlight[Cached]()

    async def get(self, key: str, load: Load, ttl_s: float) -> Cached:
        """Return the entry; on a miss, what this call or another loads for it."""
        name = self._name(key)
        token = new_token()
        try:
            entry = await self._read_or_lease(name, token)
        except RedisError:
            return Cached(await load(), "load", cache_failed=True)
        if not entry.startswith(LEASE):
            return hit(entry)
        if entry == token or entry in self._loads:
            flight = self._loads.run(entry, lambda: self._load(name, entry, load, ttl_s))
        else:
            flight = self._waits.run(entry, lambda: self._wait(name, entry, load, ttl_s))
        cached, shared = await flight
        return replace(cached, source="shared", filled=False, cache_failed=False) if shared else cached

    async def invalidate(self, key: str) -> None:
        """Remove the body, or void the lease that stands in its place."""
        await self._redis.delete(self._name(key))

    async def _load(self, name: str, lease: bytes, load: Load, ttl_s: float) -> Cached:
        """Load as the holder of the lease, and exchange the lease for what was loaded."""
        try:
            body = await load()
        except BaseException:
            with suppress(RedisError):  # the lease then expires by itself; the load's error matters more
                await self._give_back([name], lease)
            raise
        entry = ABSENT if body is None else BODY + body
        lifetime_s = ttl_s * random.uniform(1 - JITTER, 1 + JITTER)
        try:
            filled = await self._fill([name], lease, entry, milliseconds(lifetime_s))
        except RedisError:
            return Cached(body, "load", cache_failed=True)
        return Cached(body, "load", filled=bool(filled))

    async def _wait(self, name: str, lease: bytes, load: Load, ttl_s: float) -> Cached:
        """Wait for another process's load; load when its lease is gone, or when it takes too long."""
        deadline_s = time.monotonic() + self._wait_s
        token = new_token()
        while time.monotonic() < deadline_s:
            await asyncio.sleep(POLL_S)
            try:
                entry = await self._read_or_lease(name, token)
            except RedisError:
                return Cached(await load(), "load", cache_failed=True)
            if entry == token:
                return (await self._loads.run(token, lambda: self._load(name, token, load, ttl_s)))[0]
            if not entry.startswith(LEASE):
                return replace(hit(entry), source="shared")
        return Cached(await load(), "load")

    async def _read_or_lease(self, name: str, token: bytes) -> bytes:
        return bytes(await self._read([name], token, self._lease_ms))

    def _name(self, key: str) -> str:
        return f"{self._namespace}:{key}"


def hit(entry: bytes) -> Cached:
    """Return what an entry holds that is no lease."""
    return Cached(entry[len(BODY) :] if entry.startswith(BODY) else None, "hit")


def new_token() -> bytes:
    """Return a lease that nobody else has."""
    return LEASE + secrets.token_bytes(16)
