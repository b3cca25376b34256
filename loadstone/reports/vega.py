"""What the report needs of Vega: its JavaScript, and pictures of charts; both from the installed vl-convert."""

import os
import tempfile
from pathlib import Path
from typing import Any

_STATIC_WIDTH = 860
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def javascript() -> str:
    """Return a script that defines `vegaEmbed`, about 0.9 MB.

    Bundling takes over a second, so the result is kept in the user's cache directory; a directory that
    cannot be used only costs that second again.
    """
    import vl_convert

    cached = _cache_directory() / f"vega-embed-{vl_convert.__version__}.js"
    try:
        return cached.read_text("utf-8")
    except OSError:
        script: str = vl_convert.javascript_bundle(_SNIPPET)
    _keep(cached, script)
    return script


def picture(spec: dict[str, Any], width: int = _STATIC_WIDTH) -> str:
    """Return the chart as an SVG element of that many pixels' width."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg({**spec, "width": width})
    return svg


def _cache_directory() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "loadstone"


def _keep(path: Path, content: str) -> None:
    """Write the file whole or not at all: another run may read it at this moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
    except OSError:
        return
