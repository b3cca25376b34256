import pytest

from loadstone.errors import LoadstoneError
from loadstone.null_load import USER_CLASSES, cpu_s_per_arrival, null_plan, play, start_null_server, wake_lag
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.load import EndpointState, LoadMessage, Row
from loadstone.stack.guardian import Guardian


def said(*, completed: int, error: str = "") -> list[LoadMessage]:
    """A start, a slow first second, two steady ones at 40 % of a core, and the end."""
    first, *steady = [Row(second, completed=completed) for second in range(3)]
    LatencyHistogram(first.wake_lag).record(0.5)
    for row in steady:
        LatencyHistogram(row.wake_lag).record(0.0001)
    if error:
        first.endpoints["GET /"] = EndpointState(errors={error: 1})
    return [
        LoadMessage("started", 0, 0, at_s=10.0),
        LoadMessage("progress", 0, 1, at_s=11.0, rows=[first], cpu_share=1.0),
        *(
            LoadMessage("progress", 0, 2 + number, at_s=12.0 + number, rows=[row], cpu_share=0.4)
            for number, row in enumerate(steady)
        ),
        LoadMessage("final", 0, 4, at_s=13.5, cpu_share=0.9),
    ]


def test_an_arrival_costs_the_processor_time_of_the_steady_seconds() -> None:
    assert cpu_s_per_arrival(said(completed=2000)) == pytest.approx(0.4 / 2000)


def test_the_wake_lag_of_the_first_second_is_left_out() -> None:
    lag = wake_lag(said(completed=1))
    assert lag.count == 2
    assert lag.quantile_s(1.0) == pytest.approx(0.0001, rel=0.01)


def test_a_failed_request_is_an_error_not_a_cost() -> None:
    with pytest.raises(LoadstoneError, match="HTTP 500"):
        cpu_s_per_arrival(said(completed=1, error="HTTP 500"))


def test_nothing_completed_is_an_error_not_a_cost() -> None:
    with pytest.raises(LoadstoneError, match="completed nothing"):
        cpu_s_per_arrival(said(completed=0))


def test_a_plan_that_cannot_be_played_says_why() -> None:
    with Guardian() as guardian, pytest.raises(LoadstoneError, match="exit code 2"):
        play(null_plan("HttpUser", "http://127.0.0.1:1", arrivals="sideways"), guardian)


@pytest.mark.parametrize("client", USER_CLASSES)
def test_the_null_server_answers_every_arrival_of_each_client(client: str) -> None:
    with Guardian() as guardian:
        messages = play(null_plan(client, start_null_server(guardian), rate=50.0), guardian)
    rows = [row for message in messages for row in message.rows]
    assert messages[-1].kind == "final"
    assert sum(row.completed for row in rows) == 50
    assert not any(state.errors for row in rows for state in row.endpoints.values())
