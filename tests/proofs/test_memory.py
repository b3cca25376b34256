"""A run's memory doesn't grow with its requests: ten million of them, through the real recorder."""

from tests.loadstone.load.footprint import MIB, footprint_of


def test_ten_million_recorded_requests_cost_less_than_20_mib_over_the_start() -> None:
    footprint = footprint_of(10_000_000)
    assert footprint.told == 10_000_000
    assert footprint.grown_bytes < 20 * MIB
    assert footprint.late_bytes < MIB
