"""Fixtures of the reports: the script bundle is built once, and never in the developer's own cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loadstone.reports.chromium import CHROMIUM, Chromium


@pytest.fixture(scope="package", autouse=True)
def script_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(directory))
        yield directory


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: the report is not opened in a browser")
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
