from collections.abc import Iterator

import pytest

from tests.loadstone.stack.scripts import Scripts


@pytest.fixture
def scripts() -> Iterator[Scripts]:
    scripts = Scripts()
    yield scripts
    scripts.close()
