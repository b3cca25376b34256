"""The report: one HTML file that needs no network and may not use any."""

import base64
import hashlib
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadstone.records.run import Run
from loadstone.reports import sentences, units, vega
from loadstone.reports.charts import Chart, charts_of

WIDE_PIXELS, NARROW_PIXELS = 960, 440  # of the still pictures' plotting areas
TEMPLATES = Path(__file__).parent / "templates"


def render_html(run: Run) -> str:
    """Return the whole report, about 1.1 MB, most of it the charts' JavaScript.

    Its content policy allows the scripts it carries, by their hashes, and nothing else.
    """
    charts = charts_of(run)
    scripts = [*([vega.javascript()] if charts else []), _template_text("report.js")]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            say=sentences,
            charts=charts,
            pictures={
                chart.key: vega.picture(chart.spec, WIDE_PIXELS if chart.wide else NARROW_PIXELS)
                for chart in charts
            },
            specifications=_json_for_script(charts),
            style=_template_text("report.css"),
            scripts=scripts,
            content_policy=_content_policy(scripts),
        )
    )


def _template_text(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "quantile": units.quantile_text,
        "count": units.count_text,
        "rate": units.rate_text,
        "length_of_time": units.length_text,
        "plain": units.plain_text,
        "named": lambda value, name: units.named_text(str(name), value),
    }
    return environment


def _json_for_script(charts: list[Chart]) -> str:
    """Return the specifications by key, as JSON that cannot end the element it stands in."""
    text = json.dumps({chart.key: chart.spec for chart in charts}, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _content_policy(scripts: list[str]) -> str:
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
