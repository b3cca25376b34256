from collections.abc import Callable

import pytest
from rich.console import Console

from loadstone.records.run import Run
from loadstone.reports.terminal import render_terminal
from tests.loadstone.reports import golden, sample


@pytest.mark.parametrize("name", golden.CASES)
def test_the_page_is_the_golden_one(name: str) -> None:
    make, width = golden.CASES[name]
    expected = (golden.FOLDER / f"{name}.txt").read_text("utf-8")
    assert golden.rendered(make(), width) == expected


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("make", [sample.passing_run, sample.failing_run, sample.closed_run])
def test_no_line_but_the_report_path_is_wider_than_the_terminal(make: Callable[[], Run], width: int) -> None:
    *lines, last = golden.rendered(make(), width).splitlines()
    assert max(map(len, lines)) <= width
    assert last.endswith(str(golden.REPORT))


def test_the_verdict_comes_last_and_the_violations_just_before_it() -> None:
    *_, grounds, last = golden.rendered(sample.failing_run(), 80).splitlines()
    assert grounds == "2 of 5 checks failed: rate_limiting, locking"
    assert last.split()[0] == "FAIL"


def test_a_failed_floor_without_a_violation_has_no_kinds() -> None:
    run = sample.failing_run()
    run.checks = {"rate_limiting": run.checks["rate_limiting"]}
    run.checks["rate_limiting"].breakdown = {"over_admitted": 0}
    page = golden.rendered(run, 120)
    assert "floor missed" in page
    assert "kinds" not in page


def test_without_colour_the_words_alone_tell_failure_from_success() -> None:
    page = golden.rendered(sample.failing_run(), 120)
    assert "\x1b" not in page
    assert "locking          FAIL  3 of 96 stale writes" in page
    assert "caching          ok    0 of 1,480 stale reads" in page


def test_no_color_in_the_environment_leaves_no_colour_on_a_real_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(force_terminal=True, width=80, color_system="truecolor")
    with console.capture() as capture:
        render_terminal(sample.failing_run(), console)
    assert "\x1b[3" not in capture.get()
    assert "\x1b[4" not in capture.get()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_an_encoding_without_utf_8_gets_ascii_that_still_lines_up(encoding: str) -> None:
    page = golden.rendered_in(encoding, sample.passing_run(), 120)
    assert page.isascii()
    header, row = (
        next(line for line in page.splitlines() if line.startswith(word)) for word in ("endpoint", "all")
    )
    assert len(row.rstrip()) == len(header.rstrip())
    assert ">=34 ms" in row


def test_a_lower_bound_and_a_missing_quantile_are_marked() -> None:
    row = next(
        line for line in golden.rendered(sample.passing_run(), 80).splitlines() if line.startswith("all")
    )
    assert "≥34 ms" in row
    assert " – " in row


def test_every_latency_column_of_a_closed_run_says_closed() -> None:
    page = golden.rendered(sample.closed_run(), 80)
    heads = page.split("endpoint")[1].splitlines()[0]
    assert heads.count("closed") == 5
    assert "time from the send (closed, 50 users): p50 6.1 ms, p99 32 ms" in page
    assert "closed, 50 users" in page.splitlines()[0]
    assert "says it spent (closed, 50 users): sql p50" in " ".join(page.split())


def test_a_closed_run_has_no_plan_and_says_what_that_means() -> None:
    page = golden.rendered(sample.closed_run(), 120)
    assert "the load stalls with it" in " ".join(page.split())
    assert "no plan; 1,356 requests" in page
    assert "wake lag" not in page


def test_an_invalid_run_shows_no_latency_and_says_why() -> None:
    page = golden.rendered(sample.invalid_run(), 120)
    assert "latency     not shown: the generator was the limit\n" in page
    table = page.split("errors\n", 1)[1].split("\n\n", 1)[0]
    assert " ms" not in table
    assert "8,889  296    –" in table


def test_workers_lags_whole_tasks_and_the_servers_parts_have_a_line_each() -> None:
    assert "host-a:4711, host-b:4712" in golden.rendered(sample.invalid_run(), 120)
    page = golden.rendered(sample.passing_run(), 120)
    for words in (
        "canary lag  p50 61 µs, p99 310 µs, max 2.4 ms",
        "whole, from the planned start: p50 2.3 ms, p99 14 ms, max ≥39 ms",
        "says it spent: sql p50 900 µs p99 6.1 ms",
    ):
        assert words in page


def test_an_open_run_does_not_say_closed() -> None:
    assert "closed" not in golden.rendered(sample.passing_run(), 80)


def test_text_of_the_record_is_printed_literally() -> None:
    run = sample.passing_run()
    run.warnings = ["[bold]not markup[/bold] :smile:"]
    assert "[bold]not markup[/bold] :smile:" in golden.rendered(run, 80)


def test_control_characters_of_the_record_do_not_reach_the_terminal() -> None:
    run = sample.closed_run()
    run.endpoints["GET /feed"].error_messages = {"500 \x1b[2J\x07gone": 1}
    assert "500  [2J gone" in golden.rendered(run, 80)


def test_a_partial_run_says_when_it_was_ended_even_when_a_check_failed() -> None:
    run = sample.failing_run()
    run.partial, run.measured_s = True, 12.4
    page = golden.rendered(run, 120)
    assert "PARTIAL: The run was ended at 12.4 s of 30 s" in page
    assert page.splitlines()[-1].split()[0] == "FAIL"
