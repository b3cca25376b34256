from loadstone.analysis.remarks import LIMIT, OTHERS, Remarks


def test_a_sentence_is_kept_once_and_counted_every_time() -> None:
    remarks = Remarks()
    for text in ("late", "odd", "late"):
        remarks.add(text)
    assert (list(remarks), remarks.count) == (["late", "odd"], 3)


def test_a_flood_of_different_sentences_is_bounded_and_said() -> None:
    remarks = Remarks()
    for number in range(10 * LIMIT):
        remarks.add(f"odd {number}")
    *kept, last = remarks
    assert (len(kept), last, remarks.count) == (LIMIT, OTHERS, 10 * LIMIT)
