from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.keys import Zipf


@given(st.integers(1, 50), st.floats(0, 2), st.integers())
def test_every_key_is_within_the_range(size: int, exponent: float, seed: int) -> None:
    zipf, random = Zipf(size, exponent), Random(seed)
    assert {zipf.draw(random) for _ in range(100)} <= set(range(1, size + 1))


@given(st.integers())
def test_equal_seeds_draw_equal_keys(seed: int) -> None:
    zipf = Zipf(1000)
    first, second = Random(seed), Random(seed)
    assert [zipf.draw(first) for _ in range(20)] == [zipf.draw(second) for _ in range(20)]


def test_a_key_is_drawn_in_proportion_to_one_over_its_rank() -> None:
    zipf, random = Zipf(100), Random(1)
    counts = Counter(zipf.draw(random) for _ in range(100_000))
    total = sum(1 / k for k in range(1, 101))
    for key in (1, 2, 10, 50):
        expected = 100_000 / key / total
        assert counts[key] == pytest.approx(expected, abs=5 * expected**0.5)


def test_without_keys_there_is_no_distribution() -> None:
    with pytest.raises(ValueError, match="at least one key, not 0"):
        Zipf(0)
