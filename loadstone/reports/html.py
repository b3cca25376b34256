"""The report: one HTML file that needs no network and may not use any."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from loadstone.records.run import Run
from loadstone.reports import sentences, units, vega
from loadstone.reports.charts import Chart, charts_of

TEMPLATES = Path(__file__).parent / "templates"
VERDICT_WORDS = {
    "PASS": "Every promise was kept.",
    "FAIL": "A promise was broken.",
    "INVALID": "The measurement is invalid: its latencies and objectives say nothing about the system.",
    "PARTIAL": "The run did not reach its end.",
}


def render_html(run: Run) -> str:
    """Return the whole report, about 1.1 MB, most of it the charts' JavaScript.

    Its content policy allows the scripts it carries, by their hashes, and nothing else.
    """
    charts = charts_of(run)
    scripts = [vega.javascript(), (TEMPLATES / "report.js").read_text("utf-8")] if charts else []
    scripts = scripts or [(TEMPLATES / "report.js").read_text("utf-8")]
    return _environment().get_template("report.html.j2").render(
        run=run,
        say=sentences,
        verdict_words=VERDICT_WORDS[run.verdict],
        charts=charts,
        pictures={chart.key: Markup(vega.picture(chart.spec, 860 if chart.wide else 400)) for chart in charts},
        specifications=_json_for_script(charts),
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),
        scripts=[Markup(script) for script in scripts],
        content_policy=_content_policy(scripts),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "seconds": units.seconds_text,
        "quantile": units.quantile_text,
        "count": units.count_text,
        "rate": units.rate_text,
        "number": units.number_text,
        "length_of_time": units.length_text,
        "plain": units.plain_text,
        "words": lambda name: str(name).replace("_", " "),
    }
    return environment


def _json_for_script(charts: list[Chart]) -> Markup:
    """Return the specifications by key, as JSON that cannot end the element it stands in."""
    text = json.dumps({chart.key: chart.spec for chart in charts}, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))


def _content_policy(scripts: list[str]) -> str:
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
