from pathlib import Path

import pytest
import vl_convert

from loadstone.reports import vega


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was bundled; the slow bundler is replaced, the cache is this test's own."""
    made: list[str] = []

    def bundle(snippet: str) -> str:
        made.append(snippet)
        return f"bundle {len(made)}"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return made


def test_the_script_is_bundled_once_and_then_read_from_the_cache(bundles: list[str], tmp_path: Path) -> None:
    assert [vega.javascript(), vega.javascript()] == ["bundle 1", "bundle 1"]
    assert len(bundles) == 1
    assert len(list((tmp_path / "loadstone").iterdir())) == 1


def test_a_cache_that_cannot_be_used_costs_only_time(
    bundles: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    monkeypatch.setenv("XDG_CACHE_HOME", str(occupied))
    assert [vega.javascript(), vega.javascript()] == ["bundle 1", "bundle 2"]


def test_the_real_script_cannot_end_the_element_it_stands_in() -> None:
    script = vega.javascript().lower()
    assert "window.vegaembed" in script
    assert "</script" not in script
    assert "<!--" not in script


def test_a_picture_keeps_the_colours_of_the_page() -> None:
    spec = {
        "data": {"values": [{"x": 1, "y": 2}, {"x": 2, "y": 1}]},
        "mark": {"type": "line", "color": "var(--ink)"},
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
        },
    }
    picture = vega.picture(spec, width=300)
    assert picture.startswith("<svg")
    assert 'stroke="var(--ink)"' in picture
