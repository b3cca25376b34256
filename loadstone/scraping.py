"""Reads a system's own metrics over HTTP, in Prometheus' text format."""

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from loadstone.errors import LoadstoneError
from loadstone.records.measure import MetricSample, Scrape

TIMEOUT_S = 5.0

_NAME_END = re.compile(r"[{ ]")


def require_answer(url: str) -> None:
    """Return when anything answers HTTP at a URL, whatever the status; raises LoadstoneError otherwise."""
    try:
        fetch(url)
    except LoadstoneError as error:
        if not isinstance(error.__cause__, urllib.error.HTTPError):
            raise


def fetch(url: str, *, method: str = "GET", timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the body at a URL; raises LoadstoneError when there is no answer or it is no success."""
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            body: bytes = response.read()
    except urllib.error.HTTPError as error:
        with error:
            raise LoadstoneError(
                f"{method} {url} answered {error.code}.", "Look at the service's log."
            ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise LoadstoneError(
            f"{url} cannot be reached: {reason}.", "Is the service running there?"
        ) from error
    return body


def fetch_json(url: str, *, method: str = "GET", timeout_s: float = TIMEOUT_S) -> Any:
    """Return the decoded JSON at a URL; raises LoadstoneError as `fetch` does, or when it is no JSON."""
    try:
        return json.loads(fetch(url, method=method, timeout_s=timeout_s))
    except ValueError as error:
        raise LoadstoneError(f"{url} did not answer with JSON: {error}.", "Check the path.") from error


def parse_metrics(text: str, names: Iterable[str]) -> list[MetricSample]:
    """Return the samples with one of these names from Prometheus text."""
    wanted = set(names)
    # Parsing is slow and a run reads few of a service's metrics: leave the other lines out first.
    lines = [line for line in text.splitlines() if _NAME_END.split(line, 1)[0] in wanted]
    return [
        MetricSample(sample.name, dict(sample.labels), float(sample.value))
        for family in text_string_to_metric_families("\n".join(lines) + "\n")
        for sample in family.samples
    ]


class Scraper:
    """Scrapes every process of a system at once."""

    def __init__(self, urls: Sequence[str], names: Iterable[str]) -> None:
        self._urls = urls
        self._names = set(names)
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(urls)))

    def scrape(self) -> Scrape:
        """Return the metrics of all processes now; raises LoadstoneError when one does not answer."""
        at_s = time.monotonic()
        bodies = self._pool.map(lambda url: fetch(url, timeout_s=1.0), self._urls)
        try:
            return Scrape(at_s, [parse_metrics(body.decode(), self._names) for body in bodies])
        except ValueError as error:
            raise LoadstoneError(
                f"{self._urls[0]} is no Prometheus text: {error}.", "Check the path."
            ) from error

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)
