from collections.abc import Iterator

import pytest

from loadstone.analysis.folding import fold
from loadstone.errors import LoadstoneError
from loadstone.records.histogram import LatencyHistogram
from loadstone.records.journal import Checked, End, Entry, Header, Load, Remark, Scraped
from loadstone.records.load import EndpointState, LoadMessage, Row
from loadstone.records.measure import MeasureSpec, MetricSample, Scrape
from loadstone.records.run import CheckResult, Configuration, Run

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
    import msgspec

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
    assert "messages of load workers were lost" in reasons
    assert "worker 0 was lost" in reasons


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
