import pytest

from benchmarks.generator.rounds import check, play_rounds, read_open
from benchmarks.generator.subjects import SUBJECTS, Told
from loadstone.errors import LoadstoneError
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState, LoadMessage, Row

WRK = next(subject for subject in SUBJECTS if subject.name == "wrk")


def orders(seed: int) -> list[str]:
    order: list[str] = []
    play_rounds("abcd", 3, seed, order.append)
    return order


def test_every_round_has_every_name_once() -> None:
    order = orders(seed=1)
    assert [sorted(order[start : start + 4]) for start in (0, 4, 8)] == [list("abcd")] * 3


def test_the_order_is_the_seed_s() -> None:
    assert orders(seed=1) == orders(seed=1)
    assert len({tuple(orders(seed)) for seed in range(5)}) == 5


def test_results_stay_with_their_name_in_the_order_of_the_rounds() -> None:
    counts = {"a": iter([1, 2]), "b": iter([10, 20])}
    assert play_rounds(["a", "b"], 2, 1, lambda name: next(counts[name])) == {"a": [1, 2], "b": [10, 20]}


def test_a_subject_that_reports_errors_gives_no_number() -> None:
    with pytest.raises(LoadstoneError, match="wrk reports 3 errors of 1000 requests"):
        check(WRK, Told(1000, 3), served=1000, connections=4)


@pytest.mark.parametrize("told", [980, 1020])
def test_a_subject_that_counts_otherwise_than_the_server_gives_no_number(told: int) -> None:
    with pytest.raises(LoadstoneError, match="the server answered 1000"):
        check(WRK, Told(told, 0), served=1000, connections=4)


def test_what_was_under_way_at_the_end_may_be_counted_or_not() -> None:
    check(WRK, Told(1000 - 18, 0), served=1000, connections=4)
    check(WRK, Told(1000 + 18, 0), served=1000, connections=4)


def test_an_open_result_leaves_the_first_second_out() -> None:
    rows = [Row(second, completed=100, dropped=second) for second in range(3)]
    for row, latency_s in zip(rows, (0.9, 0.01, 0.01), strict=True):
        state = row.endpoints["GET /"] = EndpointState()
        LatencyHistogram(state.ok.latency).record(latency_s)
        LatencyHistogram(row.wake_lag).record(latency_s / 100)
    messages = [LoadMessage("started", 0, 0, at_s=5.0)]
    messages += [
        LoadMessage("progress", 0, 1 + row.second, at_s=6.0 + row.second, rows=[row], cpu_share=0.5)
        for row in rows
    ]
    result = read_open([*messages, LoadMessage("final", 0, 4, at_s=8.1)])
    assert result.rate == 100
    assert result.cpu_s_per_request == pytest.approx(0.005)
    assert result.latency_p99_s == pytest.approx(0.01, rel=0.01)
    assert result.wake_lag_p99_s == pytest.approx(0.0001, rel=0.01)
    assert result.dropped == 3
