import pytest

from loadstone.reports import FORMATS
from tests.loadstone.reports import sample


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_verdict_violations_and_latency(name: str) -> None:
    content = FORMATS[name](sample.failing_run())
    for words in ("FAIL", "3 of 96 stale writes", "9.8 ms"):
        assert words in content
