from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.fencing import check_fencing
from loadstone.checks.lock_journal import LockEntry, attempts_by_name


def journal(*lines: str, fences: dict[str, int] | None = None) -> list[LockEntry]:
    """Return one name's journal: a line is "holder entry [status]", its place is its id and instant."""
    entries = []
    for n, line in enumerate(lines):
        holder, entry, *status = line.split()
        fence = (fences or {}).get(holder)
        entries.append(LockEntry(n, "v", holder, entry, float(n), fence, status[0] if status else None))  # type: ignore[arg-type]
    return entries


ALONE = ["a ask", "a enter", "a write processing", "a write completed", "a leave"]
LATE = [
    "a ask",
    "a enter",
    "a write processing",
    "b ask",
    "b enter",
    "b write processing",
    "a write completed",
    "b write completed",
    "a leave",
    "b leave",
]


def test_one_holder_alone_is_innocent_and_nothing_is_observed() -> None:
    result = check_fencing(journal(*ALONE))
    assert (result.violations, result.observed, result.floor_met) == (0, 0, True)
    assert result.measures["completed"] == 1


def test_processing_again_after_the_first_job_ended_is_innocent() -> None:
    again = [line.replace("a ", "b ") for line in ALONE]
    assert check_fencing(journal(*ALONE, *again)).violations == 0


def test_a_write_of_the_older_holder_after_the_newer_ones_is_stale() -> None:
    result = check_fencing(journal(*LATE))
    assert result.breakdown == {"stale write": 1, "final status overwritten": 0, "job never finished": 0}
    assert result.observed == 2
    example = result.examples[0]
    assert (example["holder"], example["newer_holder"], example["wrote"]) == ("a", "b", "completed")
    assert result.measures["overlapping_holders"] == 1
    assert result.measures["longest_overlap_s"] == pytest.approx(4.0)


def test_with_fences_the_fence_decides_who_is_older() -> None:
    assert check_fencing(journal(*LATE, fences={"a": 1, "b": 2})).violations == 1
    assert check_fencing(journal(*LATE, fences={"a": 2, "b": 1})).breakdown["stale write"] == 1


def test_equal_fences_decide_nothing_so_the_order_of_ask_and_enter_does() -> None:
    assert check_fencing(journal(*LATE, fences={"a": 1, "b": 1})).violations == 1


def test_a_failed_of_the_older_holder_over_a_completed_overwrites_a_final_status() -> None:
    lines = [*LATE[:6], "b write completed", "a write failed", "b leave", "a leave"]
    breakdown = check_fencing(journal(*lines)).breakdown
    assert breakdown == {"stale write": 0, "final status overwritten": 1, "job never finished": 0}


def test_grants_asked_for_at_the_same_time_without_fences_are_of_unknown_order_and_innocent() -> None:
    lines = [
        "a ask",
        "b ask",
        "a enter",
        "b enter",
        "b write completed",
        "a write completed",
        "a leave",
        "b leave",
    ]
    result = check_fencing(journal(*lines))
    assert (result.violations, result.observed) == (0, 2)


def test_a_refused_write_of_the_older_holder_is_innocent() -> None:
    lines = [line.replace("a write completed", "a refused_write completed") for line in LATE]
    result = check_fencing(journal(*lines, fences={"a": 1, "b": 2}))
    assert (result.violations, result.measures["superseded"]) == (0, 1)


def test_a_grant_that_another_only_wanted_is_observed() -> None:
    result = check_fencing(journal(*ALONE[:3], "b ask", *ALONE[3:]))
    assert (result.violations, result.observed, result.measures["refused"]) == (0, 1, 1)


@pytest.mark.parametrize("write", [[], ["a write processing"]])
def test_a_job_that_left_and_that_nobody_finished_is_a_violation(write: list[str]) -> None:
    result = check_fencing(journal("a ask", "a enter", *write, "a leave"))
    assert result.breakdown["job never finished"] == 1
    assert (result.indeterminate, result.measures["still_running"], result.floor_met) == (0, 0, False)


@pytest.mark.parametrize("write", [[], ["a write processing"]])
def test_a_job_that_has_not_left_may_finish_yet_but_does_not_hide(write: list[str]) -> None:
    result = check_fencing(journal("a ask", "a enter", *write))
    assert (result.violations, result.indeterminate, result.measures["still_running"]) == (0, 1, 1)
    assert not result.floor_met


def test_a_job_that_a_newer_holder_finished_is_not_missed() -> None:
    lines = ["a ask", "a enter", "b ask", "b enter", "b write completed", "b leave"]
    assert check_fencing(journal(*lines)).violations == 0


def test_an_older_holders_end_does_not_finish_a_newer_job() -> None:
    lines = [*ALONE, "b ask", "b enter", "b write processing", "b leave"]
    assert check_fencing(journal(*lines)).breakdown["job never finished"] == 1


def test_a_job_that_failed_is_finished_but_completes_nothing() -> None:
    result = check_fencing(journal("a ask", "a enter", "a write failed", "a leave"))
    assert (result.violations, result.floor_met) == (0, False)


def test_the_end_of_a_job_that_was_granted_before_the_journal_begins_is_no_grant_of_it() -> None:
    result = check_fencing(journal("a write completed", "a leave", "b ask"))
    measures = result.measures
    assert (result.observed, result.floor_met) == (0, False)
    assert (measures["granted"], measures["completed"], measures["refused"]) == (0, 0, 1)


# A simulated store: jobs ask at their instants, work for their time under a lock of the given kind, and
# write their status at the start and the end. The events are run in the order of time.
@dataclass
class Simulation:
    lease_s: float
    fenced: bool
    excludes: bool = True
    ids: Iterator[int] = field(default_factory=count)
    entries: list[LockEntry] = field(default_factory=list)
    fence: int = 0
    row_fence: int = 0
    expires_s: float = -1.0
    owner: str = ""

    def run(self, jobs: list[tuple[float, float, float]]) -> list[LockEntry]:
        """Run jobs of (ask, delay from grant to entering, work) to their ends; return the journal."""
        queue: list[tuple[float, int, str, str, int]] = []
        order = count()
        work_s = {f"job {n}": (delay_s, work_s) for n, (_, delay_s, work_s) in enumerate(jobs)}
        for n, (ask_s, _, _) in enumerate(jobs):
            heappush(queue, (ask_s, next(order), "ask", f"job {n}", 0))
        while queue:
            now_s, _, step, job, fence = heappop(queue)
            delay_s, length_s = work_s[job]
            following = {"enter": ("begin", 0.01), "begin": ("end", length_s), "end": ("leave", 0.01)}
            if step == "ask":
                self.note(job, "ask", now_s)
                if self.excludes and now_s < self.expires_s:
                    continue
                self.fence += 1
                self.owner, self.expires_s = job, now_s + self.lease_s
                heappush(queue, (now_s + delay_s, next(order), "enter", job, self.fence))
                continue
            if not self.step(job, step, now_s, fence) or step == "leave":
                continue
            name, after_s = following[step]
            heappush(queue, (now_s + after_s, next(order), name, job, fence))
        return self.entries

    def step(self, job: str, step: str, now_s: float, fence: int) -> bool:
        """Do one step of a granted job; return False when its write was refused, which ends it."""
        if step == "enter":
            self.note(job, "enter", now_s, fence)
        elif step == "leave":
            self.note(job, "leave", now_s, fence)
            if self.owner == job:
                self.expires_s = now_s
        elif self.fenced and fence < self.row_fence:
            self.note(job, "refused_write", now_s, fence, "superseded")
            return False
        else:
            self.row_fence = max(self.row_fence, fence)
            self.note(job, "write", now_s, fence, "processing" if step == "begin" else "completed")
        return True

    def note(self, job: str, entry: str, at_s: float, fence: int = 0, status: str | None = None) -> None:
        shown = fence if self.fenced and fence else None
        self.entries.append(LockEntry(next(self.ids), "v", job, entry, at_s, shown, status))  # type: ignore[arg-type]


jobs = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 2), st.floats(0.1, 3)), min_size=1, max_size=8)
Jobs = list[tuple[float, float, float]]


@given(jobs)
def test_a_lock_whose_lease_outlasts_every_job_is_never_convicted(work: Jobs) -> None:
    assert check_fencing(Simulation(lease_s=100.0, fenced=False).run(work)).violations == 0


@given(jobs)
def test_a_fenced_lease_that_expires_under_work_is_never_convicted(work: Jobs) -> None:
    result = check_fencing(Simulation(lease_s=1.0, fenced=True).run(work))
    assert result.violations == 0
    assert result.floor_met


@given(st.floats(1.1, 1.4), st.floats(1.5, 1.9))
def test_a_lease_that_expires_under_work_without_a_fence_is_convicted(
    second_ask_s: float, work_s: float
) -> None:
    work = [(0.0, 0.0, work_s), (second_ask_s, 0.0, work_s)]
    assert check_fencing(Simulation(lease_s=1.0, fenced=False).run(work)).violations == 1


@given(st.floats(0.1, 1.0))
def test_no_lock_at_all_is_convicted(second_ask_s: float) -> None:
    work = [(0.0, 0.0, 1.5), (second_ask_s, 0.0, 1.5)]
    assert check_fencing(Simulation(lease_s=1.0, fenced=False, excludes=False).run(work)).violations == 1


@given(jobs, st.integers(0, 60))
def test_observed_are_the_grants_that_met_another_attempt(work: Jobs, length: int) -> None:
    entries = Simulation(lease_s=1.0, fenced=False).run(work)[:length]
    attempts = attempts_by_name(entries).get("v", [])
    spans = []
    for attempt in attempts:
        ids = [entry.id for entry in entries if entry.holder == attempt.holder]
        spans.append((min(ids), inf if attempt.enter and not attempt.leave else max(ids)))
    met = [
        any(j != i and begin <= spans[i][1] and end >= spans[i][0] for j, (begin, end) in enumerate(spans))
        for i in range(len(spans))
    ]
    observed = check_fencing(entries).observed
    assert observed == sum(m for m, attempt in zip(met, attempts, strict=True) if attempt.enter)


@given(jobs, st.booleans())
def test_every_stale_write_is_one_by_the_definition(work: Jobs, fenced: bool) -> None:
    entries = Simulation(lease_s=0.5, fenced=False, excludes=fenced).run(work)
    grants = [attempt for attempt in attempts_by_name(entries)["v"] if attempt.enter]
    stale = sum(
        any(
            old.enter.id < new.ask.id and newer.id < write.id
            for new in grants
            for newer in new.writes
            if old.enter and new.ask
        )
        for old in grants
        for write in old.writes
    )
    breakdown = check_fencing(entries).breakdown
    assert breakdown["stale write"] + breakdown["final status overwritten"] == stale
