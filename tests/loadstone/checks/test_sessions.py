from hypothesis import given
from hypothesis import strategies as st

from loadstone.checks.sessions import check_sessions
from loadstone.records.event import Event
from tests.loadstone.checks.facts import session_fact


def test_a_read_older_than_the_sessions_own_write_is_a_violation() -> None:
    facts = [session_fact("s", "write", "u", 2), session_fact("s", "read", "u", 1)]
    result = check_sessions(facts)
    assert (result.violations, result.observed) == (1, 1)
    assert result.breakdown == {"behind own write": 1, "behind own read": 0}
    assert (result.examples[0]["session"], result.examples[0]["own_write"]) == ("s", 2)


def test_a_read_older_than_the_sessions_last_read_is_a_violation() -> None:
    facts = [session_fact("s", "read", "u", 2), session_fact("s", "read", "u", 1)]
    assert check_sessions(facts).breakdown == {"behind own write": 0, "behind own read": 1}


def test_another_sessions_write_and_another_keys_version_promise_nothing() -> None:
    facts = [
        session_fact("s", "write", "u", 5),
        session_fact("t", "read", "u", 1),
        session_fact("s", "read", "w", 1),
    ]
    result = check_sessions(facts)
    assert (result.violations, result.observed) == (0, 0)


def test_a_write_without_an_answer_promises_nothing_and_is_indeterminate() -> None:
    lost = Event("s", "u", "replica_routing.write", {}, 0.0, 1.0, "indeterminate")
    result = check_sessions([lost, session_fact("s", "read", "u", 1)])
    assert (result.violations, result.observed, result.indeterminate) == (0, 0, 1)


operations = st.lists(
    st.tuples(
        st.sampled_from("st"), st.sampled_from(["write", "read"]), st.sampled_from("uw"), st.integers(0, 4)
    ),
    max_size=40,
)
Operations = list[tuple[str, str, str, int]]


@given(operations)
def test_one_copy_of_the_data_is_never_convicted(ops: Operations) -> None:
    versions = {"u": 1, "w": 1}
    facts = []
    for session, verb, key, _ in ops:
        versions[key] += verb == "write"
        facts.append(session_fact(session, verb, key, versions[key]))
    assert check_sessions(facts).violations == 0


@given(operations)
def test_the_verdict_on_every_read_is_that_of_the_definition(ops: Operations) -> None:
    violations = observed = 0
    for i, (session, verb, key, version) in enumerate(ops):
        own = [(v, n) for s, v, k, n in ops[:i] if (s, k) == (session, key)]
        if verb == "write" or not own:
            continue
        observed += 1
        reads = [n for v, n in own if v == "read"]
        violations += any(n > version for v, n in own if v == "write") or reads[-1:] > [version]
    result = check_sessions(session_fact(*op) for op in ops)
    assert (result.violations, result.observed) == (violations, observed)


@given(st.integers(2, 9), st.integers(1, 8))
def test_a_replica_that_lags_by_a_version_is_convicted_after_every_own_write(last: int, lag: int) -> None:
    facts = []
    for version in range(2, last + 1):
        facts.append(session_fact("s", "write", "u", version))
        facts.append(session_fact("s", "read", "u", max(1, version - lag)))
    assert check_sessions(facts).violations == last - 1
