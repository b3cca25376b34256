"""Every metric the service exports, by name: dashboards and the harness read these names."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

REQUESTS = "service_requests_total"
REQUEST_SECONDS = "service_request_seconds"
CACHE_READS = "service_cache_reads_total"
CACHE_FILLS = "service_cache_fills_total"
CACHE_ERRORS = "service_cache_errors_total"
RATE_DECISIONS = "service_rate_decisions_total"
LOCKS = "service_locks_total"
JOBS = "service_jobs_total"
LOCK_RELEASE_ERRORS = "service_lock_release_errors_total"
VIEWS = "service_views_total"
VIEW_FLUSHED_ROWS = "service_view_flushed_rows_total"
VIEW_FLUSHED_VIEWS = "service_view_flushed_views_total"
VIEW_FLUSH_BUSY_SECONDS = "service_view_flush_busy_seconds_total"
VIEW_FLUSH_ERRORS = "service_view_flush_errors_total"
VIEWS_BUFFERED = "service_views_buffered"
READS = "service_reads_total"
READ_FALLBACKS = "service_read_fallbacks_total"
READ_WAIT_SECONDS = "service_read_wait_seconds"
REPLICA_LAG_SECONDS = "service_replica_lag_seconds"
REPLICA_LAG_OBSERVED_SECONDS = "service_replica_lag_observed_seconds"

# Upper bounds in seconds, about three a factor of ten.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One service's metrics in a registry of their own, so that two services may live in one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series a counter, which nobody reads
        self.registry = CollectorRegistry()
        self.requests = self._counter(REQUESTS, "Requests answered.", "method", "route", "status")
        self.request_seconds = self._histogram(
            REQUEST_SECONDS, "From the request's arrival to its end.", "route"
        )
        self.cache_reads = self._by(
            CACHE_READS, "Reads of cached endpoints.", "source", "hit", "load", "shared"
        )
        self.cache_fills = self._counter(CACHE_FILLS, "Loads that created a cache entry.")
        self.cache_errors = self._counter(CACHE_ERRORS, "Times that the cache failed.")
        self.rate_decisions = self._by(
            RATE_DECISIONS, "Decisions of the rate limiter.", "decision", "allowed", "refused", "failed"
        )
        self.locks = self._by(LOCKS, "Locks asked for.", "result", "acquired", "refused")
        self.jobs = self._by(JOBS, "Jobs ended.", "outcome", "completed", "superseded", "failed")
        self.lock_release_errors = self._counter(LOCK_RELEASE_ERRORS, "Locks whose release raised an error.")
        self.views = self._by(VIEWS, "Views received.", "result", "accepted", "duplicate")
        self.view_flushed_rows = self._counter(VIEW_FLUSHED_ROWS, "Rows updated by view flushes.")
        self.view_flushed_views = self._counter(VIEW_FLUSHED_VIEWS, "Views moved by flushes.")
        self.view_flush_busy_seconds = self._counter(VIEW_FLUSH_BUSY_SECONDS, "Seconds spent flushing views.")
        self.view_flush_errors = self._counter(VIEW_FLUSH_ERRORS, "View flushes that failed.")
        self.views_buffered = Gauge(
            VIEWS_BUFFERED, "Views accepted and not yet stored.", registry=self.registry
        )
        self.reads = self._counter(READS, "Routed reads.", "node")
        self.read_fallbacks = self._counter(
            READ_FALLBACKS, "Reads sent to the primary for want of a replica."
        )
        self.read_wait_seconds = self._histogram(
            READ_WAIT_SECONDS, "How long routed reads waited for a replica."
        )
        self.replica_lag_seconds = Gauge(
            REPLICA_LAG_SECONDS,
            "The newest observation of a replica's lag.",
            ["node"],
            registry=self.registry,
        )
        self.replica_lag_observed_seconds = self._histogram(
            REPLICA_LAG_OBSERVED_SECONDS, "Until a replica had what the primary had when asked."
        )

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def _by(self, name: str, about: str, label: str, *values: str) -> Counter:
        """Return a counter that shows each of the label's values from the start, at 0."""
        counter = self._counter(name, about, label)
        for value in values:
            counter.labels(value)
        return counter

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(name, about, labels, buckets=SECONDS, registry=self.registry)
