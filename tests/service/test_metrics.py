import asyncio

from prometheus_client.parser import text_string_to_metric_families

from service import metrics
from tests.service.conftest import Client, Running

NAMES = {
    value for name, value in vars(metrics).items() if name.isupper() and str(value).startswith("service_")
}


async def _samples(client: Client) -> dict[str, float]:
    """Return every sample of /metrics, summed over its labels."""
    samples: dict[str, float] = {}
    text = (await client.get("/metrics")).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "le" not in sample.labels:
                samples[sample.name] = samples.get(sample.name, 0) + sample.value
    return samples


def test_every_exported_name_is_a_constant_here_and_the_other_way_round() -> None:
    collected = metrics.Metrics().registry.collect()
    exported = {f"{one.name}_total" if one.type == "counter" else one.name for one in collected}
    assert exported == NAMES


async def _use_everything(client: Client) -> None:
    author = await client.author()
    video = await client.video(author)
    for _ in range(2):
        await client.get(f"/videos/{video['id']}")
        await client.post("/posts", json={"text": "x"}, headers=author.headers)
        await client.post(f"/videos/{video['id']}/views", json={"viewer": "anna"})
        await client.post(f"/videos/{video['id']}/process", headers=author.headers)
    await client.get("/videos")
    await client.post("/internal/drain")
    await asyncio.sleep(0.7)  # the lag of a replica is observed every half second


async def test_using_the_service_moves_what_counts_use(running: Running) -> None:
    async with running(rate_limit_posts=2, processing_work_s=0.01) as client:
        await _use_everything(client)
        samples = await _samples(client)
    counted = {
        metrics.CACHE_READS: 2,
        metrics.CACHE_FILLS: 1,
        metrics.RATE_DECISIONS: 2,
        metrics.LOCKS: 2,
        metrics.VIEWS: 2,
        metrics.VIEW_FLUSHED_ROWS: 1,
        metrics.VIEW_FLUSHED_VIEWS: 1,
        metrics.READS: 1,
        f"{metrics.READ_WAIT_SECONDS}_count": 1,
    }
    assert {name: samples[name] for name in counted} == counted
    assert samples[metrics.REQUESTS] > 10
    assert samples[f"{metrics.REQUEST_SECONDS}_count"] == samples[metrics.REQUESTS]
    assert samples[metrics.JOBS] >= 1
    assert samples[metrics.VIEW_FLUSH_BUSY_SECONDS] > 0
    assert samples[f"{metrics.REPLICA_LAG_OBSERVED_SECONDS}_count"] >= 1
    assert metrics.REPLICA_LAG_SECONDS in samples
    assert samples[metrics.VIEWS_BUFFERED] == 0


async def test_what_fails_is_counted(running: Running) -> None:
    away = {"redis_url": "redis://127.0.0.1:1/0", "view_counting_strategy": "direct"}
    nobody = "postgresql://nobody@127.0.0.1:1/nothing"
    async with running(**away, database_read_replicas=(nobody,)) as client:
        assert (await client.get("/videos/1")).headers["X-Cache"] == "load"
        await client.get("/posts/1")
        samples = await _samples(client)
        assert samples[metrics.CACHE_ERRORS] == 1
        assert samples[metrics.READ_FALLBACKS] == 1


async def test_requests_are_labelled_by_route_and_never_by_path(client: Client) -> None:
    await client.get("/videos/1")
    await client.get("/videos/2")
    await client.get("/whatever/a/client/makes/up")
    text = (await client.get("/metrics")).text
    assert 'service_requests_total{method="GET",route="/videos/{video_id}",status="200"} 2.0' in text
    assert 'service_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert "whatever" not in text


async def test_a_request_that_breaks_is_counted_as_500(client: Client) -> None:
    client.resources.strategies.views.record = None  # type: ignore[assignment,method-assign]
    await client.post("/videos/1/views", json={"viewer": "anna"})
    text = (await client.get("/metrics")).text
    assert 'route="/videos/{video_id}/views",status="500"} 1.0' in text
