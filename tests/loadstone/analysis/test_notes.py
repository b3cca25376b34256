import pytest

from loadstone.analysis.notes import fill


@pytest.mark.parametrize(
    ("text", "measures", "filled"),
    [
        ("hit ratio {hit_ratio:.1%}", {"hit_ratio": 0.931}, "hit ratio 93.1%"),
        ("hit ratio {hit_ratio:.1%}", {}, "hit ratio –"),
        ("lag p99 {lag_s[p99]:.3f} s", {"lag_s": {"p99": 0.012}}, "lag p99 0.012 s"),
        ("lag p99 {lag_s[p99]:.3f} s", {"lag_s": {}}, "lag p99 – s"),
        ("lag p99 {lag_s[p99]:.3f} s", {}, "lag p99 – s"),
        ("lag p99 {lag_s[p99]:ms}", {"lag_s": {"p99": 0.0124}}, "lag p99 12 ms"),
        ("lag p99 {lag_s[p99]:ms}", {"lag_s": {"p99": 0.00041}}, "lag p99 0.4 ms"),
        ("{rows:,.0f} rows", {"rows": 61000.0}, "61,000 rows"),
        ("{reads:,.0f} reads", {"reads": {"a": 1.0}}, "{'a': 1.0} reads"),
        ("{unclosed", {}, "{unclosed"),
        ("nothing to fill", {"rows": 1}, "nothing to fill"),
    ],
)
def test_a_note_shows_what_was_measured_and_a_dash_for_what_was_not(
    text: str, measures: dict[str, object], filled: str
) -> None:
    assert fill(text, measures) == filled
