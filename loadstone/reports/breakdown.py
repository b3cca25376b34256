"""Where a request's time went, by what the server told of it in `Server-Timing`."""

from loadstone.records.histogram import LatencyHistogram, merged
from loadstone.records.run import Run

OUTCOMES = ("ok", "failed")
PARTS_SHOWN = 4  # and the others together
ENDPOINTS_SHOWN = 20  # those with the most requests
OTHERS = "other parts"
REST = "the rest"


def breakdown(run: Run) -> dict[str, dict[str, float]]:
    """Return for each endpoint the mean seconds that a request spent in each part, and in the rest.

    Means, because they add up where quantiles don't. A part is averaged over all requests, also those that
    did without it. Where parts overlap they may add up to more than the service time; then there is no rest.
    """
    told = [name for name, outcomes in run.histograms.items() if "server_timing" in outcomes]
    busiest = sorted(told, key=lambda name: -run.endpoints[name].requests)[:ENDPOINTS_SHOWN]
    parts = list(run.total.server_timing_s)[:PARTS_SHOWN]
    return {name: _parts_s(run.histograms[name], parts) for name in busiest}


def _parts_s(outcomes: dict[str, dict[str, str]], shown: list[str]) -> dict[str, float]:
    encoded_times = [outcomes[name]["service_time_s"] for name in OUTCOMES if name in outcomes]
    service_time = merged(map(LatencyHistogram.from_hdr_v2, encoded_times))
    parts_s = dict.fromkeys(shown, 0.0)
    for part, encoded in outcomes["server_timing"].items():
        name = part if part in shown else OTHERS
        parts_s[name] = parts_s.get(name, 0.0) + _total_s(LatencyHistogram.from_hdr_v2(encoded))
    rest_s = max(0.0, _total_s(service_time) - sum(parts_s.values()))
    return {name: total_s / service_time.count for name, total_s in (parts_s | {REST: rest_s}).items()}


def _total_s(histogram: LatencyHistogram) -> float:
    return (histogram.mean_s or 0.0) * histogram.count
