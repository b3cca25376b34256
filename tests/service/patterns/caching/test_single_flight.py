import asyncio

import pytest

from service.patterns.caching.single_flight import SingleFlight
from tests.service.patterns.caching.source import Source


async def test_callers_at_the_same_time_share_one_flight() -> None:
    flights, source = SingleFlight[bytes | None](), Source()
    results = await asyncio.gather(*(flights.run("key", source.load) for _ in range(5)))
    assert results == [(b"body", False)] + [(b"body", True)] * 4
    assert source.loads == 1


async def test_a_flight_that_has_landed_is_not_joined() -> None:
    flights, source = SingleFlight[bytes | None](), Source()
    await flights.run("key", source.load)
    assert "key" not in flights
    assert await flights.run("key", source.load) == (b"body", False)
    assert source.loads == 2


async def test_keys_fly_apart() -> None:
    flights, source = SingleFlight[bytes | None](), Source()
    await asyncio.gather(flights.run("one", source.load), flights.run("two", source.load))
    assert source.loads == 2


async def test_a_failure_reaches_every_caller() -> None:
    flights, source = SingleFlight[bytes | None](), Source()
    results = await asyncio.gather(
        *(flights.run("key", source.fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [ConnectionResetError] * 3
    assert source.loads == 1


async def test_the_first_callers_cancellation_does_not_fail_the_others() -> None:
    flights, source = SingleFlight[bytes | None](), Source(held_back=True)
    first = asyncio.create_task(flights.run("key", source.load))
    await source.started.wait()
    second = asyncio.create_task(flights.run("key", source.load))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.release.set()
    assert await second == (b"body", True)


async def test_a_failure_that_nobody_waits_for_is_no_unhandled_error() -> None:
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    flights, release = SingleFlight[None](), asyncio.Event()

    async def fail() -> None:
        await release.wait()
        raise ConnectionResetError

    only = asyncio.create_task(flights.run("key", fail))
    await asyncio.sleep(0)
    only.cancel()
    release.set()
    await asyncio.sleep(0.01)
    assert "key" not in flights
    assert complaints == []
