import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loadstone.records.run import CheckResult, Run, Timeline
from loadstone.reports.html import render_html
from tests.loadstone.reports import sample
from tests.loadstone.reports.chromium import Chromium

RUNS = [
    sample.passing_run,
    sample.failing_run,
    sample.partial_run,
    sample.closed_run,
    sample.invalid_run,
    sample.empty_run,
]
VOID = {"meta", "link", "br"}
CHARTS_ARE_LIVE = "document.readyState === 'complete' && !document.querySelector('.still')"


@cache
def report(make: Callable[[], Run]) -> str:
    return render_html(make())


def readable(html: str) -> str:
    """The text between the tags, without scripts and pictures."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


class Outline(HTMLParser):
    """Tags with their attributes, and whatever is not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("make", RUNS)
def test_every_element_is_closed_and_every_identifier_is_unique(make: Callable[[], Run]) -> None:
    outline = Outline(report(make))
    assert outline.open == []
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("make", RUNS)
def test_the_file_stays_below_one_and_a_half_megabytes(make: Callable[[], Run]) -> None:
    assert len(report(make).encode()) < 1_500_000


def test_the_report_of_eight_hours_stays_below_three_megabytes() -> None:
    run = sample.passing_run()
    run.timeline = sample.timeline(seconds=1800)
    run.timeline.step_s = 16
    assert len(render_html(run).encode()) < 3_000_000


def test_the_content_policy_allows_this_files_scripts_and_no_network() -> None:
    meta = next(m for m in Outline(report(sample.passing_run)).named("meta") if "http-equiv" in m)
    policy = dict(part.strip().split(" ", 1) for part in (meta["content"] or "").split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"('sha256-[\w+/=]{44}' ?)+", policy["script-src"])
    assert policy["img-src"] == "data:"


def test_nothing_in_the_file_points_elsewhere() -> None:
    outline = Outline(report(sample.passing_run))
    targets = [a[name] or "" for _, a in outline.tags for name in ("src", "href", "xlink:href") if name in a]
    assert all(target.startswith(("#", "data:")) for target in targets)


def test_links_lead_to_the_checks_they_name() -> None:
    html = report(sample.failing_run)
    links = re.findall(r'<a href="#([\w-]+)">(\w+)</a>', html)
    assert [name for _, name in links] == ["rate_limiting", "locking"]
    for target, name in links:
        article = html.split(f'id="{target}"', 1)[1].split("</article>", 1)[0]
        assert f"{name}:" in article


def test_the_verdict_comes_before_everything_else() -> None:
    text = readable(report(sample.failing_run))
    order = ["FAIL", "What was run", "Endpoints", "Patterns", "Checks", "Charts", "Notes"]
    body = text.split("Light / dark", 1)[1]
    assert [body.index(f" {word} ") for word in order] == sorted(body.index(f" {word} ") for word in order)


def test_a_failed_check_shows_promise_reason_kinds_floor_and_examples() -> None:
    text = readable(report(sample.failing_run))
    check = text.split("FAIL locking:", 1)[1].split("view_counting:", 1)[0]
    for words in (
        "3 of 96 stale writes",
        "A write by an older grant never follows",
        "Our reading of the guide",
        "2 stale write, 1 final status overwritten",
        "jobs completed &gt; 0: met",
        "overlaps 5, wait p99 1.52 s",
        "5 examples",
        "13.5 s",
    ):
        assert words in check


def test_what_was_run_can_be_repeated() -> None:
    text = readable(report(sample.passing_run))
    for words in (
        "loadstone run mixed --rate 300 --duration 30s --seed 1",
        "seed 1",
        "python 3.11.2",
        "commit 0000000",
        "CACHE_TTL_VIDEO_METADATA",
    ):
        assert words in text


def test_latency_stands_beside_service_time() -> None:
    row = readable(report(sample.passing_run).split("GET /feed", 1)[1].split("</tr>", 1)[0])
    latency, service_time = "6.4 ms 14 ms 33 ms – 115 ms", "6.1 ms 13 ms 32 ms 110 ms"
    assert " ".join(row.split()) == f"1,356 45 0 {latency} {service_time}"


def test_every_latency_heading_of_a_closed_run_says_closed() -> None:
    html = report(sample.closed_run)
    headings = re.findall(r"<th[^>]*>((?:p\d|max)[^/]*?)</th>", html)
    assert headings
    assert all("closed" in heading for heading in headings)
    assert "Latency over time (closed, 50 users)" in html
    assert "latency (closed, 50 users), from the send" in html
    assert "latency p99 (closed, 50 users)" in html
    assert "planned start" not in readable(html)
    assert "when the system stalls, the load stalls with it" in html


def test_an_invalid_run_shows_no_latency_and_says_why() -> None:
    text = readable(report(sample.invalid_run))
    assert "Latencies are not shown: the generator was the limit." in text
    assert "load workers host-a:4711, host-b:4712" in text
    table = text.split("Endpoints", 1)[1].split("Requests of the users", 1)[0]
    assert "ms" not in re.findall(r"[a-zµ]+", table)


def test_what_the_server_told_of_stands_beside_the_service_time() -> None:
    html = report(sample.passing_run)
    table = html.split("what the server told of it in Server-Timing", 1)[1].split("</table>", 1)[0]
    row = readable(table.split("GET /users/{id}", 1)[1].split("</tr>", 1)[0])
    assert " ".join(row.split()) == "1.6 ms – 850 µs – – – 340 µs –"
    assert "process" not in table


def test_a_partial_record_says_so_and_an_empty_one_is_a_page_without_charts() -> None:
    assert "The run was ended at 12.4 s of 30 s" in readable(report(sample.partial_run))
    empty = readable(report(sample.empty_run))
    assert "The run was ended before its warm-up was over" in empty
    assert "Nothing was measured that could be drawn" in empty


def test_text_of_the_record_cannot_become_markup_or_end_the_script() -> None:
    run = sample.passing_run()
    hostile = "</script><script>alert(1)</script>"
    run.warnings = [hostile]
    run.checks = {hostile: CheckResult(1, 1, about=hostile, examples=[{hostile: hostile}])}
    run.timeline = Timeline({"t_s": [0.0, 1.0], f"caching.{hostile}": [1.0, 2.0]})
    html = render_html(run)
    assert "<script>alert" not in html
    assert len(Outline(html).named("script")) == 3


def test_tables_have_captions_and_scopes_and_charts_have_names_and_numbers() -> None:
    html = report(sample.failing_run)
    outline = Outline(html)
    assert len(outline.named("table")) == len(outline.named("caption"))
    assert all("scope" in attributes for attributes in outline.named("th"))
    for figure in re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL):
        assert 'role="img" aria-label="' in figure
        assert figure.count("<td") > 20


@pytest.mark.parametrize(
    "make", [sample.passing_run, sample.closed_run, sample.partial_run, sample.empty_run]
)
def test_a_browser_reports_no_error_and_asks_for_nothing(
    make: Callable[[], Run], chromium: Chromium, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text(report(make), "utf-8")
    chromium.open(page, until=CHARTS_ARE_LIVE)
    assert chromium.complaints() == []
    assert chromium.requested_urls() == [page.as_uri()]
    charts = report(make).count("<figure")
    assert chromium.evaluate("document.querySelectorAll('.live svg .mark-line path').length") >= charts


@pytest.mark.parametrize("width", [380, 1200])
def test_the_page_never_scrolls_sideways(width: int, chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report(sample.failing_run), "utf-8")
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    chromium.call("Emulation.setDeviceMetricsOverride", **metrics)
    chromium.open(page, until=CHARTS_ARE_LIVE)
    assert chromium.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_scripts_the_pictures_stay(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report(sample.passing_run), "utf-8")
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(page, until="document.readyState === 'complete'")
        shown = "[...document.querySelectorAll('.still svg')].filter(svg => svg.clientHeight > 100).length"
        assert chromium.evaluate(shown) == report(sample.passing_run).count("<figure")
        assert chromium.complaints() == []
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)


def test_pointing_at_a_chart_tells_its_numbers(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report(sample.passing_run), "utf-8")
    chromium.open(page, until=CHARTS_ARE_LIVE)
    chromium.evaluate("document.querySelector('[data-chart=latency]').scrollIntoView()")
    box = chromium.evaluate(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        "(document.querySelector('[data-chart=latency] svg').getBoundingClientRect())"
    )
    for shift in (0, 1, 2):
        chromium.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + shift, y=box[1])
    told = chromium.evaluate("document.getElementById('vg-tooltip-element')?.innerText ?? ''")
    names = re.findall(r"^([\w ()]+)\s+-?[\d.,]+$", told, flags=re.MULTILINE)
    assert [name.strip() for name in names] == ["second", "p50 (ms)", "p95 (ms)", "p99 (ms)", "max (ms)"]


def test_the_button_turns_the_page_dark(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report(sample.passing_run), "utf-8")
    chromium.open(page, until=CHARTS_ARE_LIVE)
    colours = "[document.body, document.querySelector('.mark-line path')].map(e => getComputedStyle(e))"
    both = f"(([body, line]) => [body.backgroundColor, line.stroke])({colours})"
    light = chromium.evaluate(both)
    chromium.evaluate("document.getElementById('theme').click()")
    dark = chromium.evaluate(both)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
