"""SAMPLE DATA: invented runs for the tests of the reports. No number here was measured."""

import math
from random import Random

from loadstone.records.histogram import LatencyHistogram
from loadstone.records.run import (
    ArrivalsSummary,
    CheckResult,
    Configuration,
    EndpointSummary,
    OkSummary,
    Quantiles,
    Run,
    Timeline,
)

RATES = {
    "GET /videos/{id}": 180.4,
    "GET /feed": 45.2,
    "GET /users/{id}": 30.1,
    "POST /videos/{id}/views": 24.8,
    "GET /videos": 9.7,
    "PATCH /videos/{id}": 4.9,
    "POST /videos/{id}/process": 1.2,
}
MEDIANS_S = {
    "GET /videos/{id}": 0.0019,
    "GET /feed": 0.0064,
    "GET /users/{id}": 0.0017,
    "POST /videos/{id}/views": 0.00082,
    "GET /videos": 0.0051,
    "PATCH /videos/{id}": 0.0078,
    "POST /videos/{id}/process": 0.0093,
}
SHARES = {  # of the service time, as the server tells it
    "GET /videos/{id}": {"sql": 0.2, "redis": 0.4, "render": 0.15},
    "GET /feed": {"sql": 0.6, "redis": 0.1, "render": 0.1},
    "GET /users/{id}": {"sql": 0.5, "render": 0.2},
    "POST /videos/{id}/views": {"redis": 0.7},
    "GET /videos": {"sql": 0.5, "redis": 0.05, "render": 0.3},
    "PATCH /videos/{id}": {"sql": 0.8, "redis": 0.05},
    "POST /videos/{id}/process": {},
}
WARM_UP_S = 5
DURATION_S = 30


def passing_run() -> Run:
    """Return the mixed scenario on an open workload, five checks that hold."""
    endpoints = {name: _endpoint(name, round(rate * DURATION_S)) for name, rate in RATES.items()}
    return Run(
        id="20261124-101500-mixed-1",
        started_at="2026-11-24T10:15:00Z",
        command="loadstone run mixed --rate 300 --duration 30s --seed 1",
        configuration=Configuration(
            strategies={
                "caching": "lease",
                "rate_limiting": "gcra",
                "locking": "postgres_lease",
                "view_counting": "buffered_swap",
                "replica_routing": "lsn_token",
            },
            settings={"CACHE_TTL_VIDEO_METADATA": "5", "VIEW_FLUSH_INTERVAL_S": "1", "SECRET_KEY": "***"},
        ),
        scenario="mixed",
        seed=1,
        warnings=[
            "The generator shares its cores with the system under test: latencies include their contention."
        ],
        duration_s=DURATION_S,
        warm_up_s=WARM_UP_S,
        drain_s=10,
        measured_s=DURATION_S,
        arrivals=_arrivals(),
        endpoints=endpoints,
        total=_total(),
        session_endpoints={"POST /auth/login": _endpoint("GET /videos", 50)},
        pattern_notes={
            "caching": "hit ratio 93.1 %, 1.00 loads per expiry",
            "rate_limiting": "402 refused of 1,204",
            "locking": "96 acquired, 31 refused",
            "view_counting": "3,214 accepted, flushed at 61,000 rows/s",
            "replica_routing": "88 % of reads on replicas, lag p99 12 ms",
        },
        checks=_passing_checks(),
        timeline=timeline(),
        environment=_environment(),
        histograms={name: _histograms(name, round(rate * DURATION_S)) for name, rate in RATES.items()},
    )


def failing_run() -> Run:
    """Return a run in which the guide's lock was convicted and a limiter missed its floor."""
    run = passing_run()
    run.configuration.strategies["locking"] = "guide"
    run.checks["locking"] = CheckResult(
        violations=3,
        observed=96,
        about="stale writes",
        promise="A write by an older grant never follows a write by a newer one, and every job finishes.",
        floor="jobs completed > 0",
        breakdown={"stale_write": 2, "final_status_overwritten": 1, "never_finished": 0},
        measures={"overlaps": 5, "wait_p99_s": 1.52},
        examples=[
            {
                "key": f"video:{n}",
                "older_job": f"8f3c-{n}",
                "newer_job": f"b771-{n}",
                "written_at_s": 12.5 + n,
            }
            for n in range(1, 6)
        ],
        conviction="Our reading of the guide: the lease of 1 s ends before the work of 1.5 s does, a second "
        "job starts, and nothing stops the first one from writing its older result last.",
    )
    run.checks["rate_limiting"] = CheckResult(
        violations=0,
        observed=402,
        indeterminate=12,
        about="over-admitted",
        promise="At most 10 admissions in any 3,600 s for each user.",
        floor="at least 90 % of what the rule allows was admitted",
        floor_met=False,
    )
    return run


def partial_run() -> Run:
    """Return a run whose harness was killed after 12.4 measured seconds, before the checks."""
    run = passing_run()
    run.partial = True
    run.measured_s = 12.4
    run.checks = {}
    run.pattern_notes = {}
    run.warnings = ["The journal ends without a final message: what was in flight is unknown."]
    run.timeline = Timeline({name: values[:17] for name, values in timeline().columns.items()})
    run.histograms = {}
    return run


def closed_run() -> Run:
    """Return a run of a plain Locust file under a closed workload, with errors and an objective missed."""
    run = passing_run()
    run.workload, run.users = "closed", 50
    canary_lag_s = run.arrivals.canary_lag_s
    run.arrivals = ArrivalsSummary(
        "closed", 45.2, 1356, 1356, 1356, 0, 0, Quantiles(), Quantiles(), canary_lag_s
    )
    run.scenario = "locustfile.py"
    run.configuration = Configuration()
    run.checks = {}
    run.pattern_notes = {}
    run.warnings = []
    run.endpoints = {"GET /feed": _endpoint("GET /feed", 1356, errors=17)}
    run.endpoints["GET /feed"].error_messages = {"503 Service Unavailable": 15, "timeout after 10 s": 2}
    run.total = run.endpoints["GET /feed"]
    run.histograms = {"GET /feed": run.histograms["GET /feed"]}
    for name in ("lag_s.wake_p99", "lag_s.queue_p99"):
        run.timeline.columns[name] = [None] * len(run.timeline.columns["t_s"])
    run.objectives = [
        {"expression": "p99(GET /feed) < 20ms", "value": 0.0417, "bound": 0.02, "passed": False},
        {"expression": "errors < 2%", "value": 0.0125, "bound": 0.02, "passed": True},
    ]
    return run


def invalid_run() -> Run:
    """Return a run whose generators could not keep up, with arrivals dropped and a fault on the way."""
    run = passing_run()
    run.valid = False
    run.workers = ["host-a:4711", "host-b:4712"]
    run.invalid_reasons = [
        "the generator was the limit: it woke late, wake lag p99 above 2.0 ms in 87% of the seconds "
        "(load worker host-b:4712)."
    ]
    for summary in (run.total, *run.endpoints.values(), *run.session_endpoints.values()):
        summary.latency_s = summary.service_time_s = summary.ok.latency_s = Quantiles()
        summary.server_timing_s = {}
    run.arrivals.latency_s = Quantiles()
    for name in [name for name in run.timeline.columns if name.startswith("latency_s.")]:
        del run.timeline.columns[name]
    run.arrivals.dropped, run.arrivals.sent = 51, 8953
    run.faults = [{"what": "pause the primary", "at_s": 16, "for_s": 2, "restored": True}]
    return run


def empty_run() -> Run:
    """Return a record of a run that was ended before its warm-up was over."""
    nothing = EndpointSummary(0, 0, 0.0, Quantiles(), Quantiles(), OkSummary(Quantiles()))
    return Run(
        id="empty",
        started_at="2026-11-24T10:15:00Z",
        configuration=Configuration(),
        scenario="mixed",
        seed=1,
        partial=True,
        duration_s=DURATION_S,
        warm_up_s=WARM_UP_S,
        drain_s=10,
        arrivals=ArrivalsSummary("poisson", 300, 0, 0, 0, 0, 0, Quantiles(), Quantiles()),
        total=nothing,
    )


def timeline(seconds: int = WARM_UP_S + DURATION_S) -> Timeline:
    """Return columns of that many seconds, the first five of them warm-up."""
    random = Random(1)
    rows = [_second(random, second - WARM_UP_S) for second in range(seconds)]
    return Timeline({name: [row[name] for row in rows] for name in rows[0]})


def _second(random: Random, t_s: int) -> dict[str, float | None]:
    sent = float(random.randint(275, 325))
    slow = 4.0 if 17 <= t_s <= 18 else 1.0
    median_s = 0.0021 * random.uniform(0.9, 1.1) * slow**0.5
    warm = 1 - math.exp(-(t_s + WARM_UP_S + 1) / 3)
    return {
        "t_s": float(t_s),
        "arrivals.planned": sent,
        "arrivals.sent": sent,
        "arrivals.completed": sent - random.randint(0, 12),
        "arrivals.dropped": 0.0,
        "arrivals.errors": 0.0,
        "arrivals.in_flight": float(random.randint(0, 4)),
        "latency_s.p50": median_s,
        "latency_s.p95": median_s * 2.4 * slow,
        "latency_s.p99": median_s * 5 * slow,
        "latency_s.max": median_s * random.uniform(9, 15) * slow,
        "lag_s.wake_p99": random.uniform(6e-5, 1.2e-4),
        "lag_s.queue_p99": random.uniform(1e-5, 4e-5) * slow,
        "lag_s.canary_p99": random.uniform(1.5e-4, 4e-4),
        "generator.cpu_share": random.uniform(0.12, 0.2),
        "caching.hit_ratio": 0.94 * warm + random.uniform(-0.01, 0.01),
        "replica_routing.replica_share": None if t_s == 9 else 0.88 + random.uniform(-0.03, 0.03),
        "view_counting.buffered": float(random.randint(5, 60)),
    }


def _arrivals() -> ArrivalsSummary:
    wake_lag_s = Quantiles(p50=5.2e-5, p99=0.00011, max=0.0021)
    queue_lag_s = Quantiles(p50=1.1e-5, p99=4.0e-5, max=0.0008)
    canary_lag_s = Quantiles(p50=6.1e-5, p99=0.00031, max=0.0024)
    whole_s = Quantiles(0.0023, 0.0054, 0.0071, 0.0142, None, 0.0388, lower_bound=["max"])
    return ArrivalsSummary(
        "poisson", 300, 9004, 9004, 9002, 0, 2, wake_lag_s, queue_lag_s, canary_lag_s, whole_s
    )


def _endpoint(name: str, requests: int, errors: int = 0) -> EndpointSummary:
    latency_s = _quantiles(MEDIANS_S[name], requests)
    service_time_s = _quantiles(MEDIANS_S[name] * 0.96, requests)
    return EndpointSummary(
        requests,
        errors,
        requests / DURATION_S,
        latency_s,
        service_time_s,
        OkSummary(latency_s),
        server_timing_s={
            part: _quantiles(MEDIANS_S[name] * share, requests) for part, share in SHARES[name].items()
        },
    )


def _total() -> EndpointSummary:
    latency_s = Quantiles(0.0021, 0.0049, 0.0066, 0.0131, None, 0.0342, lower_bound=["max"])
    service_time_s = Quantiles(0.002, 0.0048, 0.0064, 0.0127, None, 0.0311)
    server_timing_s = {
        "sql": Quantiles(0.0009, 0.0021, 0.0028, 0.0061, None, 0.0213),
        "redis": Quantiles(0.0003, 0.0006, 0.0008, 0.0019, None, 0.0104),
        "render": Quantiles(0.0002, 0.0003, 0.0004, 0.0009, None, 0.0042),
    }
    return EndpointSummary(
        8889, 0, 296.3, latency_s, service_time_s, OkSummary(latency_s), server_timing_s=server_timing_s
    )


def _quantiles(median_s: float, requests: int) -> Quantiles:
    p99 = median_s * 5.16 if requests >= 1000 else None
    p95 = median_s * 2.16 if requests >= 200 else None
    return Quantiles(median_s, median_s * 1.71, p95, p99, None, median_s * 17.9)


def _histograms(name: str, requests: int) -> dict[str, dict[str, str]]:
    median_s = MEDIANS_S[name]
    random = Random(f"{median_s}")
    latency, service_time = LatencyHistogram(), LatencyHistogram()
    parts = {part: LatencyHistogram() for part in SHARES[name]}
    for _ in range(requests):
        time_s = random.lognormvariate(math.log(median_s), 0.55)
        service_time.record(time_s)
        latency.record(time_s + random.expovariate(1 / 0.0001) + (0.02 if random.random() < 0.004 else 0))
        for part, share in SHARES[name].items():
            parts[part].record(time_s * share)
    told = {part: histogram.to_hdr_v2() for part, histogram in parts.items()}
    outcomes = {"ok": {"latency_s": latency.to_hdr_v2(), "service_time_s": service_time.to_hdr_v2()}}
    return outcomes | ({"server_timing": told} if told else {})


def _passing_checks() -> dict[str, CheckResult]:
    return {
        "caching": CheckResult(
            0,
            1480,
            about="stale reads",
            promise="No read begun more than 1 s after an acknowledged update is older.",
        ),
        "rate_limiting": CheckResult(0, 402, indeterminate=1, about="over-admitted"),
        "locking": CheckResult(0, 96, about="stale writes", measures={"overlaps": 0, "wait_p99_s": 0.21}),
        "view_counting": CheckResult(0, 3214, about="views lost or counted twice", floor="rows flushed > 0"),
        "replica_routing": CheckResult(0, 2011, about="reads behind their own write"),
    }


def _environment() -> dict[str, object]:
    return {
        "system": "PostgreSQL 18.6 + 1 replica, Valkey 9.1, 1 service process",
        "machine": {"cpu": "sample processor", "cores": 2, "memory_bytes": 8_000_000_000},
        "versions": {"loadstone": "0.1.0", "python": "3.11.2", "locust": "2.47.0"},
        "git": {"commit": "0000000", "dirty": False},
        "postgres": {"fsync": "on", "synchronous_commit": "on"},
    }
