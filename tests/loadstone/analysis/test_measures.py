from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.analysis.measures import (
    MeasureLedger,
    Value,
    by_family,
    growth,
    metric_names,
    parse_selector,
    read,
)
from loadstone.errors import LoadstoneError
from loadstone.records.measure import MeasureSpec, MetricSample, Scrape


def scrape(at_s: float, *processes: dict[str, float]) -> Scrape:
    """One scrape; names may carry one label, as `reads{node=primary}`."""
    return Scrape(at_s, [[sample(name, value) for name, value in process.items()] for process in processes])


def followed(specs: dict[str, MeasureSpec], scrapes: list[Scrape]) -> MeasureLedger:
    ledger = MeasureLedger(specs)
    for one in scrapes:
        ledger.add(read(specs, one))
    return ledger


def evaluate(specs: dict[str, MeasureSpec], scrapes: list[Scrape]) -> dict[str, Value]:
    return followed(specs, scrapes).values()


def sample(text: str, value: float) -> MetricSample:
    name, _, labels = text.partition("{")
    pairs = dict(pair.split("=") for pair in labels.rstrip("}").split(",") if pair)
    return MetricSample(name, pairs, value)


def test_a_selector_has_a_name_and_labels_that_match_or_do_not() -> None:
    selector = parse_selector('reads{node!="primary",kind="a"}')
    assert selector.matches(sample("reads{node=replica-1,kind=a}", 1), "reads")
    assert not selector.matches(sample("reads{node=primary,kind=a}", 1), "reads")
    assert not selector.matches(sample("writes{node=replica-1,kind=a}", 1), "reads")


def test_a_label_may_hold_braces_and_commas() -> None:
    selector = parse_selector('requests{path="/videos/{id}",list="a,b"}')
    assert selector.equal == {"path": "/videos/{id}", "list": "a,b"}


@pytest.mark.parametrize("text", ["", "reads{", "reads{node}", "reads{node~='x'}", "1reads"])
def test_what_is_no_selector_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(LoadstoneError, match="no metric selector"):
        parse_selector(text)


def test_a_delta_is_summed_over_processes_between_the_first_and_the_last_scrape() -> None:
    scrapes = [
        scrape(0, {"hits": 5}, {"hits": 1}),
        scrape(1, {"hits": 6}, {"hits": 2}),
        scrape(2, {"hits": 9}, {"hits": 4}),
    ]
    assert evaluate({"caching.hits": MeasureSpec(delta="hits")}, scrapes) == {"caching.hits": 7.0}


def test_a_delta_by_a_label_is_a_mapping_and_a_ratio_sums_it() -> None:
    specs = {
        "routing.replicas": MeasureSpec(delta='reads{node!="primary"}', by="node"),
        "routing.reads": MeasureSpec(delta="reads"),
        "routing.share": MeasureSpec(ratio=["routing.replicas", "routing.reads"]),
    }
    before = scrape(0, {"reads{node=primary}": 0, "reads{node=replica-1}": 0})
    after = scrape(1, {"reads{node=primary}": 1, "reads{node=replica-1}": 2, "reads{node=replica-2}": 1})
    values = evaluate(specs, [before, after])
    assert values["routing.replicas"] == {"replica-1": 2.0, "replica-2": 1.0}
    assert values["routing.share"] == 0.75


def test_what_was_not_measured_is_absent() -> None:
    specs = {
        "a.hits": MeasureSpec(delta="hits"),
        "a.peak": MeasureSpec(max="peak"),
        "a.lag": MeasureSpec(quantiles="lag"),
        "a.ratio": MeasureSpec(ratio=["a.hits", "a.hits"]),
    }
    assert evaluate(specs, [scrape(0, {}), scrape(1, {})]) == {}
    assert evaluate(specs, []) == {}


def test_a_ratio_over_nothing_is_absent() -> None:
    specs = {"a.hits": MeasureSpec(delta="hits"), "a.ratio": MeasureSpec(ratio=["a.hits", "a.hits"])}
    assert "a.ratio" not in evaluate(specs, [scrape(0, {"hits": 3}), scrape(1, {"hits": 3})])


def test_a_maximum_looks_at_every_scrape() -> None:
    scrapes = [scrape(0, {"buffered": 1}), scrape(1, {"buffered": 9}), scrape(2, {"buffered": 0})]
    assert evaluate({"views.buffered": MeasureSpec(max="buffered")}, scrapes) == {"views.buffered": 9}


def test_quantiles_are_interpolated_in_the_buckets_of_the_interval() -> None:
    edges = ["0.1", "0.2", "+Inf"]
    before = scrape(0, {f"lag_bucket{{le={edge}}}": 100.0 for edge in edges})
    after = scrape(
        1, dict(zip((f"lag_bucket{{le={edge}}}" for edge in edges), (100.0, 200.0, 200.0), strict=True))
    )
    values = evaluate({"r.lag_s": MeasureSpec(quantiles="lag")}, [before, after])
    assert values["r.lag_s"] == pytest.approx({"p50": 0.15, "p99": 0.199, "max": 0.2})


def test_a_counter_that_went_backwards_is_named() -> None:
    specs = {"a.hits": MeasureSpec(delta="hits"), "a.fills": MeasureSpec(delta="fills")}
    scrapes = [scrape(0, {"hits": 5, "fills": 1}), scrape(1, {"hits": 2, "fills": 1})]
    assert followed(specs, scrapes).fell_back == {"a.hits"}


def test_only_the_metrics_that_a_measure_reads_are_asked_for() -> None:
    specs = [
        MeasureSpec(delta='a{x="y"}'),
        MeasureSpec(max="b"),
        MeasureSpec(quantiles="c"),
        MeasureSpec(ratio=["d"]),
    ]
    assert metric_names(specs) == {"a", "b", "c_bucket"}


def test_measures_are_grouped_by_family() -> None:
    assert by_family({"a.x": 1, "a.y": 2, "b.z": 3}) == {"a": {"x": 1, "y": 2}, "b": {"z": 3}}


def test_a_process_that_restarted_is_seen_even_when_another_grew_by_more() -> None:
    specs = {"a.hits": MeasureSpec(delta="hits")}
    scrapes = [scrape(0, {"hits": 5}, {"hits": 5}), scrape(1, {"hits": 1}, {"hits": 50})]
    assert followed(specs, scrapes).fell_back == {"a.hits"}


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_deltas_of_adjoining_intervals_add_up_to_the_whole(increments: list[float]) -> None:
    totals = [sum(increments[: n + 1]) for n in range(len(increments))]
    specs = {"a.hits": MeasureSpec(delta="hits")}
    scrapes = [scrape(n, {"hits": total}) for n, total in enumerate(totals)]
    readings = [read(specs, one) for one in scrapes]
    parts = [growth(specs, before, after)["a.hits"] for before, after in pairwise(readings)]
    whole = evaluate(specs, scrapes)["a.hits"]
    assert isinstance(whole, float)
    assert sum(part for part in parts if isinstance(part, float)) == pytest.approx(whole, abs=1e-6)
