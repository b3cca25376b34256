import tracemalloc
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.analysis.folding import Ledger, fold
from loadstone.errors import LoadstoneError
from loadstone.records.histogram import HistogramState, LatencyHistogram
from loadstone.records.journal import Checked, End, Entry, Header, Load, Remark, Scraped
from loadstone.records.load import EndpointState, LoadMessage, Row
from loadstone.records.measure import MeasureSpec, MetricSample, Scrape
from loadstone.records.run import CheckResult, Configuration, Quantiles, Run, encode_run

HEADER = Header(
    id="run-1",
    started_at="2026-01-01T00:00:00+00:00",
    command="loadstone run",
    scenario="mixed",
    seed=1,
    arrivals="constant",
    rate=10.0,
    duration_s=3.0,
    warm_up_s=1.0,
    drain_s=1.0,
    configuration=Configuration({"caching": "lease"}),
    measures={
        "caching.hits": MeasureSpec(delta="hits"),
        "caching.share": MeasureSpec(ratio=["caching.hits", "caching.hits"]),
    },
    notes={"caching": "{hits:.0f} hits"},
)


def row(second: int, latency_s: float = 0.002, sent: int = 10) -> Row:
    state = EndpointState()
    for _ in range(sent):
        LatencyHistogram(state.ok.latency).record(latency_s)
        LatencyHistogram(state.ok.service_time).record(latency_s)
    return Row(second, planned=10, sent=sent, completed=sent, dropped=10 - sent, endpoints={"GET /": state})


def messages(seconds: int, *, final: bool = True) -> Iterator[Entry]:
    yield Load(LoadMessage("started", 0, 0, at_s=100.0))
    for second in range(seconds):
        progress = LoadMessage(
            "progress", 0, second + 1, at_s=101.0 + second, rows=[row(second)], cpu_share=0.2
        )
        yield Load(progress)
        yield Scraped(scrape(101.0 + second, 10.0 * second))
    if final:
        yield Load(LoadMessage("final", 0, seconds + 1, at_s=101.0 + seconds))


def scrape(at_s: float, hits: float) -> Scrape:
    return Scrape(at_s, [[MetricSample("hits", {}, hits)]])


def whole_run() -> list[Entry]:
    check = CheckResult(violations=0, observed=5)
    return [HEADER, *messages(4), Checked({"caching": check}), End()]


def test_a_finished_run_is_neither_partial_nor_invalid() -> None:
    run = fold(whole_run())
    assert (run.partial, run.valid, run.verdict) == (False, True, "PASS")
    assert run.measured_s == 3.0


def test_the_warm_up_is_left_out() -> None:
    run = fold(whole_run())
    assert run.arrivals.planned == 30
    assert run.endpoints["GET /"].requests == run.total.requests == 30
    assert run.endpoints["GET /"].rate == 10.0


def test_measures_count_from_the_end_of_the_warm_up() -> None:
    run = fold(whole_run())
    assert run.patterns == {"caching": {"hits": 30.0, "share": 1.0}}
    assert run.pattern_notes == {"caching": "30 hits"}


def test_the_timeline_has_one_entry_a_second_and_counts_from_the_end_of_the_warm_up() -> None:
    columns = fold(whole_run()).timeline.columns
    assert columns["t_s"] == [-1.0, 0.0, 1.0, 2.0]
    assert columns["arrivals.sent"] == [10, 10, 10, 10]
    assert columns["caching.hits"] == [None, 10.0, 10.0, 10.0]
    assert {len(column) for column in columns.values()} == {4}


@pytest.mark.parametrize("length", range(2, 14))
def test_a_journal_cut_anywhere_is_a_readable_partial_record(length: int) -> None:
    run = fold(whole_run()[:length])
    assert run.partial is (length < len(whole_run()))


def test_a_record_read_back_is_the_record() -> None:
    run = fold(whole_run())
    assert msgspec.json.decode(msgspec.json.encode(run), type=Run) == run


def test_dropped_arrivals_make_the_high_quantiles_lower_bounds() -> None:
    entries = [HEADER, *messages(1, final=False)]
    entries += [
        Load(LoadMessage("progress", 0, 2, at_s=103.0, rows=[row(second, sent=9) for second in (1, 2, 3)]))
    ]
    assert "max" in fold(entries).total.latency_s.lower_bound


def test_a_lost_message_and_a_lost_worker_invalidate() -> None:
    entries = [HEADER, *messages(2, final=False), Load(LoadMessage("progress", 0, 9, at_s=105.0)), End()]
    reasons = " ".join(fold(entries).invalid_reasons)
    assert "6 messages of load worker 0 were lost" in reasons
    assert "load worker 0 was lost before it sent its last message" in reasons


def test_a_failed_check_is_worse_than_an_invalid_measurement() -> None:
    failed = Checked({"caching": CheckResult(violations=1, observed=5)})
    run = fold([*whole_run()[:-2], failed, Remark("late", invalidates=True), End()])
    assert (run.verdict, run.failed_checks) == ("FAIL", ["caching"])


def test_a_missed_floor_fails_the_check() -> None:
    check = Checked({"caching": CheckResult(violations=0, observed=5, floor_met=False)})
    assert fold([*whole_run()[:-2], check, End()]).verdict == "FAIL"


def test_a_journal_without_a_header_is_refused() -> None:
    with pytest.raises(LoadstoneError, match="no header"):
        fold([])


def test_an_error_of_the_recorder_at_any_time_invalidates() -> None:
    early = Load(LoadMessage("progress", 0, 1, at_s=101.0, recorder_errors=["disk full"], warnings=["odd"]))
    run = fold([HEADER, Load(LoadMessage("started", 0, 0, at_s=100.0)), early])
    assert any("disk full" in reason for reason in run.invalid_reasons)
    assert run.warnings == ["odd"]


def test_after_an_interrupt_only_the_time_that_was_planned_counts() -> None:
    entries = [*messages(2, final=False)]
    last = LoadMessage("final", 0, 3, at_s=108.0, planned_s=2.0)
    run = fold([HEADER, *entries, Load(last), End(interrupted=True)])
    assert (run.partial, run.measured_s, run.total.rate) == (True, 1.0, 10.0)


def test_a_partial_run_fails_for_violations_but_not_for_floors() -> None:
    missed = Checked({"caching": CheckResult(violations=0, observed=0, floor_met=False)})
    assert fold([*whole_run()[:-2], missed, End(interrupted=True)]).verdict == "PARTIAL"
    found = Checked({"caching": CheckResult(violations=1, observed=1)})
    assert fold([*whole_run()[:-2], found, End(interrupted=True)]).verdict == "FAIL"


def test_what_is_unfinished_makes_the_maximum_no_shorter_than_its_age() -> None:
    final = LoadMessage("final", 0, 5, at_s=105.0, unfinished={"User": 1}, unfinished_ages_s=[3.5])
    run = fold([HEADER, *messages(4, final=False), Load(final), End()])
    assert run.total.latency_s.max == 3.5


def test_a_missed_scrape_at_the_end_of_the_warm_up_costs_its_second_only() -> None:
    entries = [
        entry for entry in whole_run() if not (isinstance(entry, Scraped) and entry.scrape.at_s == 101.0)
    ]
    assert fold(entries).patterns["caching"]["hits"] == 20.0


def busy_row(second: int, *, planned: int = 1000, whole_s: float = 0.004) -> Row:
    """A second with enough arrivals for a p99, each of one request that the server told the parts of."""
    made, state = Row(second, planned=planned, sent=planned, completed=planned), EndpointState()
    for _ in range(planned):
        made.whole.record(whole_s)
        state.ok.latency.record(0.002)
        state.ok.service_time.record(0.002)
    for part, took_s in (("redis", 0.0002), ("sql", 0.001)):
        durations = state.server_timing[part] = HistogramState()
        for _ in range(planned):
            durations.record(took_s)
    made.endpoints = {"GET /": state}
    return made


def played(rows: Iterable[Row], *, header: Header = HEADER, cpu_share: float = 0.2) -> Run:
    """A whole run of one worker that sends these rows, a message a second."""
    entries: list[Entry] = [header, Load(LoadMessage("started", 0, 0, at_s=100.0))]
    last = 0
    for last, sent in enumerate(rows, 1):
        message = LoadMessage("progress", 0, last, at_s=100.0 + last, rows=[sent], cpu_share=cpu_share)
        entries.append(Load(message))
    entries += [Load(LoadMessage("final", 0, last + 1, at_s=100.5 + last)), End()]
    return fold(entries)


def test_whole_arrivals_have_a_latency_of_their_own() -> None:
    run = played(busy_row(second) for second in range(4))
    assert run.arrivals.latency_s.p99 == pytest.approx(0.004, rel=1e-3)
    assert run.total.latency_s.p99 == pytest.approx(0.002, rel=1e-3)


def test_what_the_server_told_of_is_summed_up_and_kept_the_longest_part_first() -> None:
    run = played(busy_row(second) for second in range(4))
    parts = run.endpoints["GET /"].server_timing_s
    assert list(parts) == list(run.total.server_timing_s) == ["sql", "redis"]
    assert parts["sql"].p99 == pytest.approx(0.001, rel=1e-3)
    encoded = run.histograms["GET /"]["server_timing"]["sql"]
    assert LatencyHistogram.from_hdr_v2(encoded).count == 3000


def test_an_invalid_run_has_no_latencies_but_its_histograms() -> None:
    run = played((busy_row(second) for second in range(4)), cpu_share=0.99)
    assert run.invalid_reasons == [
        "the generator was the limit: it was busy, above 80% of a core in 100% of the seconds."
    ]
    for summary in (run.total, *run.endpoints.values()):
        assert summary.latency_s == summary.service_time_s == summary.ok.latency_s == Quantiles()
        assert summary.server_timing_s == {}
        assert summary.requests == 3000
    assert run.arrivals.latency_s == Quantiles()
    assert not [name for name in run.timeline.columns if name.startswith("latency_s.")]
    assert LatencyHistogram.from_hdr_v2(run.histograms["GET /"]["ok"]["latency_s"]).count == 3000


def test_a_closed_run_says_so_and_has_no_plan() -> None:
    closed = msgspec.structs.replace(HEADER, workload="closed", users=7)
    run = played((busy_row(second) for second in range(4)), header=closed)
    assert (run.workload, run.users, run.arrivals.kind) == ("closed", 7, "closed")
    assert run.arrivals.wake_lag_s == Quantiles()


def test_a_plan_whose_rate_varies_is_told_by_its_mean() -> None:
    ramp = msgspec.structs.replace(HEADER, arrivals="ramp:10-30", rate=0.0)
    run = played((busy_row(second, planned=10 * second) for second in range(4)), header=ramp)
    assert run.arrivals.rate == 20.0


def test_requests_of_on_start_are_known_while_the_run_goes_on() -> None:
    ledger = Ledger(HEADER)
    logins = EndpointState(errors={"HTTP 500": 2})
    logins.failed.latency.record(0.3)
    logins.failed.latency.record(0.4)
    for kind, sequence, at_s in (("started", 0, 100.0), ("progress", 1, 101.0)):
        ledger.add(Load(LoadMessage(kind, 0, sequence, at_s, session_endpoints={"POST /login": logins})))
    summary = ledger.run().session_endpoints["POST /login"]
    assert (summary.errors, summary.error_messages) == (4, {"HTTP 500": 4})


def test_of_several_workers_the_record_names_each_and_what_is_in_flight_adds_up() -> None:
    entries: list[Entry] = [HEADER]
    for number, name in enumerate(("one:1", "two:2")):
        entries.append(Load(LoadMessage("started", number, 0, 100.0, name=name)))
        entries.append(Load(LoadMessage("progress", number, 1, 101.0 + number / 10, in_flight=3)))
    run = fold(entries)
    assert run.workers == ["one:1", "two:2"]
    assert run.timeline.columns["arrivals.in_flight"] == [6]


def test_a_lost_worker_is_named_and_its_last_words_are_no_mere_warning() -> None:
    entries = [HEADER, *messages(2, final=False)]
    entries += [Load(LoadMessage("lost", 0, 0, at_s=103.0, warnings=["it was killed."])), End()]
    run = fold(entries)
    assert run.invalid_reasons == ["load worker 0 was lost: it was killed."]
    assert run.warnings == []


def test_the_newest_second_is_told_while_the_run_goes_on() -> None:
    ledger = Ledger(HEADER)
    for entry in messages(3, final=False):
        ledger.add(entry)
    newest = ledger.newest()
    assert (newest["arrivals.completed"], newest["latency_s.p50"]) == (10, 0.002)


def test_error_texts_are_bounded_however_many_there_are() -> None:
    rows = [Row(0)]
    for second in range(1, 4):
        state = EndpointState(errors={f"id {second}-{number}": 1 for number in range(40)})
        rows.append(Row(second, endpoints={"GET /": state}))
    texts = played(rows).endpoints["GET /"].error_messages
    assert len(texts) == 51
    assert sum(texts.values()) == 120


@given(
    st.lists(st.tuples(st.integers(0, 5), st.lists(st.floats(1e-5, 1.0), max_size=4)), max_size=20),
    st.lists(st.integers(1, 5), min_size=1),
)
def test_however_rows_come_in_batches_the_record_is_the_same(
    timed: list[tuple[int, list[float]]], sizes: list[int]
) -> None:
    one, other = _in_batches(timed, [max(1, len(timed))]), _in_batches(timed, sizes)
    assert (one.total, one.arrivals, one.histograms) == (other.total, other.arrivals, other.histograms)
    names = ("arrivals.planned", "latency_s.p50", "latency_s.max")
    assert [one.timeline.columns.get(n) for n in names] == [other.timeline.columns.get(n) for n in names]


def _in_batches(timed: list[tuple[int, list[float]]], sizes: list[int]) -> Run:
    rows = [_timed_row(second, latencies_s) for second, latencies_s in timed]
    entries: list[Entry] = [HEADER, Load(LoadMessage("started", 0, 0, 100.0))]
    sequence = 1
    while rows or sequence == 1:
        size = sizes[sequence % len(sizes)]
        batch, rows = rows[:size], rows[size:]
        entries.append(Load(LoadMessage("progress", 0, sequence, 106.0, rows=batch)))
        sequence += 1
    return fold(entries)


def _timed_row(second: int, latencies_s: list[float]) -> Row:
    made, state = Row(second, planned=len(latencies_s), sent=len(latencies_s)), EndpointState()
    for latency_s in latencies_s:
        state.ok.latency.record(latency_s)
        state.ok.service_time.record(latency_s)
    made.endpoints = {"GET /": state}
    return made


HOURS_S = 28_800


def eight_hours() -> Iterator[Entry]:
    rows = [busy_row(0, planned=20, whole_s=0.001 * (1 + n)) for n in range(10)]
    yield Load(LoadMessage("started", 0, 0, at_s=0.0))
    for second in range(HOURS_S + 1):
        row = rows[second % len(rows)]
        row.second = second
        yield Load(LoadMessage("progress", 0, second + 1, at_s=second + 1.0, rows=[row]))
        yield Scraped(scrape(second + 1.0, second))


def test_eight_hours_fold_in_bounded_memory_to_a_record_that_can_be_read() -> None:
    ledger = Ledger(msgspec.structs.replace(HEADER, duration_s=float(HOURS_S)))
    tracemalloc.start()
    try:
        for entry in eight_hours():
            ledger.add(entry)
        assert tracemalloc.get_traced_memory()[1] < 12e6
    finally:
        tracemalloc.stop()
    run = ledger.run()
    assert run.timeline.step_s == 32
    assert sum(value or 0 for value in run.timeline.columns["arrivals.planned"]) == 20 * (HOURS_S + 1)
    assert run.arrivals.planned == 20 * HOURS_S
    assert len(encode_run(run)) < 3e6


def test_latencies_beyond_the_range_are_counted_wherever_they_were() -> None:
    rows = [_timed_row(0, [70.0]), _timed_row(1, [0.1, 80.0]), _timed_row(9, [90.0])]
    assert "3 latencies were beyond 60 s and stand as 60 s." in played(rows).warnings
