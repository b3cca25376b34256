from loadstone.analysis.workers import WorkerLedger
from loadstone.records.load import LoadMessage, Row


def worker(*messages: LoadMessage) -> WorkerLedger:
    ledger = WorkerLedger(3)
    for message in messages:
        ledger.hear(message)
    return ledger


def message(kind: str, sequence: int, at_s: float) -> LoadMessage:
    return LoadMessage(kind, 3, sequence, at_s)


def test_a_worker_is_called_by_its_number_until_it_gives_its_name() -> None:
    assert worker(message("progress", 0, 1.0)).name == "3"
    named = LoadMessage("started", 3, 0, 1.0, name="host:17")
    assert worker(named, message("progress", 1, 2.0)).name == "host:17"


def test_a_gap_in_the_sequence_counts_what_is_missing() -> None:
    assert worker(message("started", 0, 1.0), message("progress", 4, 2.0)).missing_messages == 3


def test_the_longest_silence_lies_between_two_messages_of_the_plan() -> None:
    ledger = worker(
        message("progress", 0, 0.0),  # logging in may take its time
        message("started", 1, 50.0),
        message("progress", 2, 51.0),
        message("progress", 3, 56.5),
        message("final", 4, 57.0),
    )
    assert ledger.longest_silence_s == 5.5
    assert ledger.finished


def test_the_masters_word_about_a_lost_worker_leaves_no_gap_and_nothing_in_flight() -> None:
    last = LoadMessage("progress", 3, 1, 2.0, in_flight=7)
    lost = LoadMessage("lost", 3, 0, 99.0, warnings=["no heartbeat for 3 s."])
    ledger = worker(message("started", 0, 1.0), last, lost)
    assert ledger.lost_because == ["no heartbeat for 3 s."]
    assert (ledger.missing_messages, ledger.longest_silence_s, ledger.in_flight) == (0, 1.0, 0)


def test_a_seconds_lag_is_that_of_all_its_rows() -> None:
    early, late = Row(0), Row(1)
    early.wake_lag.record(0.001)
    late.wake_lag.record(0.5)
    ledger = worker()
    ledger.judge_lags([early, late, Row(2)])
    ledger.judge_lags([])
    assert (ledger.wake_lag_p99s.count, ledger.wake_lag_p99s.max_s) == (1, 0.5)
    assert ledger.canary_lag_p99s.count == 0


def test_a_second_is_busy_above_80_percent_of_a_core() -> None:
    ledger = worker()
    for share in (0.1, 0.8, 0.81, 1.0):
        ledger.judge_cpu(share)
    assert ledger.busy_share == 0.5
