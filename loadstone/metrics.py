"""Every metric name the harness exports, and the page that serves them while a run goes on.

Counters begin with the load, warm-up included, so that they only ever grow.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from loadstone.analysis.folding import Ledger
from loadstone.analysis.summaries import whole_latency, whole_service_time
from loadstone.errors import LoadstoneError
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState

ARRIVALS = "loadstone_arrivals_total"
REQUESTS = "loadstone_requests_total"
LATENCY_SECONDS = "loadstone_latency_seconds"
SERVICE_TIME_SECONDS = "loadstone_service_time_seconds"
WAKE_LAG_SECONDS = "loadstone_wake_lag_seconds"
QUEUE_LAG_SECONDS = "loadstone_queue_lag_seconds"
IN_FLIGHT = "loadstone_in_flight"

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Histograms = Mapping[tuple[str, ...], LatencyHistogram]  # by the values of the labels
OF_REQUESTS = ("endpoint", "workload")
LATENCY_ABOUT = {
    "open": "From the intended start to the last byte.",
    "closed": "Closed workload: from the send to the last byte.",
}
EDGES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _LedgerCollector(Collector):
    """The ledger's running totals as metric families."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        totals = self._ledger.totals
        arrivals = CounterMetricFamily(ARRIVALS, "Planned arrivals by what became of them.", labels=["state"])
        for state in ("planned", "sent", "completed", "dropped"):
            arrivals.add_metric([state], getattr(totals, state))
        yield arrivals
        yield GaugeMetricFamily(IN_FLIGHT, "Arrivals sent and not completed.", totals.sent - totals.completed)
        yield _histogram(WAKE_LAG_SECONDS, "How late the generator woke.", {(): totals.wake_lag})
        yield _histogram(
            QUEUE_LAG_SECONDS, "How long arrivals waited for an idle user.", {(): totals.queue_lag}
        )
        yield from self._requests(totals.endpoints)

    def _requests(self, endpoints: Mapping[str, EndpointState]) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            REQUESTS, "Requests by how they ended.", labels=["endpoint", "outcome"]
        )
        for name, state in endpoints.items():
            requests.add_metric([name, "ok"], LatencyHistogram(state.ok.latency).count)
            requests.add_metric([name, "failed"], LatencyHistogram(state.failed.latency).count)
        yield requests
        workload = self._ledger.header.workload
        latency: Histograms = {(name, workload): whole_latency(state) for name, state in endpoints.items()}
        yield _histogram(LATENCY_SECONDS, LATENCY_ABOUT[workload], latency, OF_REQUESTS)
        service_time: Histograms = {(name, workload): whole_service_time(s) for name, s in endpoints.items()}
        yield _histogram(SERVICE_TIME_SECONDS, "From the send to the last byte.", service_time, OF_REQUESTS)


def exposition(ledger: Ledger) -> bytes:
    """Return the ledger's running totals as Prometheus text."""
    registry = CollectorRegistry()
    registry.register(_LedgerCollector(ledger))
    return generate_latest(registry)


def _histogram(
    name: str,
    about: str,
    histograms: Histograms,
    labels: tuple[str, ...] = (),
) -> HistogramMetricFamily:
    """Return a family with one histogram for each tuple of the labels' values."""
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, histogram in histograms.items():
        count = histogram.count
        below = [(str(edge_s), float(count - histogram.counts_above_s(edge_s))) for edge_s in EDGES_S]
        family.add_metric(values, [*below, ("+Inf", float(count))], (histogram.mean_s or 0.0) * count)
    return family


class MetricsServer:
    """Serves what `show` was given at `/metrics` on loopback; a context manager.

    Nothing is rendered unless somebody asks. Port 0 takes a free one. Raises LoadstoneError when the port is
    taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._render: Callable[[], bytes] = bytes
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise LoadstoneError(
                f"--metrics-port {port} cannot be used: {error.strerror}.", "Give a free port, or 0."
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    @property
    def url(self) -> str:
        """Where Prometheus finds the metrics."""
        return f"http://127.0.0.1:{self._server.server_port}/metrics"

    def show(self, render: Callable[[], bytes]) -> None:
        """Answer with what `render` returns from now on; it is called in a thread of the server's."""
        self._render = render

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """Answers one path."""

            def do_GET(self) -> None:
                found = self.path == "/metrics"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.end_headers()
                self.wfile.write(server._render() if found else b"See /metrics.\n")

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent: a scrape is no news."""

        return Handler
