import urllib.error
import urllib.request

import msgspec
import pytest

import loadstone.metrics as metrics
from loadstone.analysis.folding import Ledger
from loadstone.errors import LoadstoneError
from loadstone.metrics import MetricsServer, exposition
from loadstone.scraping import parse_metrics
from tests.loadstone.analysis.test_folding import HEADER, messages

NAMES = [
    value for name, value in vars(metrics).items() if name.isupper() and str(value).startswith("loadstone_")
]


def ledger() -> Ledger:
    ledger = Ledger(HEADER)
    for entry in messages(3):
        ledger.add(entry)
    return ledger


def test_every_name_is_exported_and_no_other() -> None:
    text = exposition(ledger()).decode()
    exported = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert exported == set(NAMES)


def test_the_totals_include_the_warm_up_and_the_histogram_counts_every_request() -> None:
    text = exposition(ledger()).decode()
    samples = parse_metrics(text, ["loadstone_requests_total", "loadstone_latency_seconds_bucket"])
    requests = {s.labels["outcome"]: s.value for s in samples if s.name == "loadstone_requests_total"}
    assert requests == {"ok": 30.0, "failed": 0.0}
    buckets = {s.labels["le"]: s.value for s in samples if "le" in s.labels}
    assert (buckets["0.001"], buckets["0.0025"], buckets["+Inf"]) == (0.0, 30.0, 30.0)


def test_latencies_of_a_closed_workload_are_labelled_closed() -> None:
    closed = Ledger(msgspec.structs.replace(HEADER, workload="closed", users=7))
    for entry in messages(3):
        closed.add(entry)
    text = exposition(closed).decode()
    timed = [
        line for line in text.splitlines() if line.startswith(("loadstone_latency", "loadstone_service"))
    ]
    assert timed
    assert all('workload="closed"' in line for line in timed)
    assert "intended" not in text.split("# HELP loadstone_latency_seconds")[1].splitlines()[0]
    assert 'workload="closed"' not in exposition(ledger()).decode()


def test_what_is_shown_is_served() -> None:
    with MetricsServer() as server:
        server.show(lambda: b"up 1\n")
        with urllib.request.urlopen(server.url) as response:
            assert response.read() == b"up 1\n"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(server.url + "x")
        caught.value.close()


def test_a_taken_port_is_refused_with_its_number() -> None:
    with MetricsServer() as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with pytest.raises(LoadstoneError, match=f"--metrics-port {port}"):
            MetricsServer(port)
