"""What the report needs of Vega: its JavaScript, and pictures of charts; both out of vl-convert."""

import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

_NO_CACHE = (OSError, RuntimeError)  # RuntimeError: this user has no home directory
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def javascript() -> str:
    """Return a script that defines `vegaEmbed`, about 0.9 MB.

    Bundling takes over a second, so the result is kept in the user's cache directory; a directory that
    cannot be used only costs that second again.
    """
    try:
        return _cache_file().read_text("utf-8")
    except _NO_CACHE:
        import vl_convert

        script: str = vl_convert.javascript_bundle(_SNIPPET)
    _keep(script)
    return script


def picture(spec: dict[str, Any], width: int) -> str:
    """Return the chart as an SVG element whose plotting area is that many pixels wide."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg({**spec, "width": width})
    return svg


def _cache_file() -> Path:
    directory = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return directory / "loadstone" / f"vega-embed-{version('vl-convert-python')}.js"


def _keep(script: str) -> None:
    """Write the file whole or not at all: another run may read it at this moment."""
    try:
        path = _cache_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(script)
        Path(file.name).replace(path)
    except _NO_CACHE:
        return
