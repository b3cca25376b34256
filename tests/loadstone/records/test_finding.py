from loadstone.records.finding import BAD, NOT_VISIBLE, OK, WARN, Finding, exit_code, judged


def test_one_bad_finding_makes_the_machine_unusable_and_warnings_do_not() -> None:
    assert exit_code([Finding("a", "x"), Finding("b", "x", WARN)]) == 0
    assert exit_code([Finding("a", "x"), Finding("b", "x", BAD)]) == 2


def test_what_is_not_visible_is_said_and_is_no_trouble() -> None:
    assert judged("a", None, True, "mend it") == Finding("a", NOT_VISIBLE, OK)


def test_a_remedy_is_given_only_where_there_is_trouble() -> None:
    assert judged("a", "x", False, "mend it") == Finding("a", "x", OK, "")
    assert judged("a", "x", True, "mend it") == Finding("a", "x", WARN, "mend it")
