"""Answers without an entity or a value: TAC's strong link match, and dates without a value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.report import text

TEXT = "Ông An gặp bà Bo ở Hà Nội, rồi gặp ông Cung ở Huế."


def scored(measure: str, gold: dict[str, Any], predicted: dict[str, Any]) -> vn.Score:
    document = msgspec.convert({"doc_id": "d", "text": TEXT, **gold}, vn.Document)
    result = vn.score([{"doc_id": "d", **predicted}], vn.Gold({"d": document}), measures=[measure])
    return result[measure]


def mention(start: int, end: int, entity_id: str | None) -> dict[str, Any]:
    return {"start": start, "end": end, "type": "PER", "entity_id": entity_id}


def test_linked_is_the_strong_link_match_of_tac() -> None:
    """neleval: ``'strong_link_match': Measure(['span', 'kbid'], 'is_linked')``. Sets of (span, id)
    of the linked mentions of each side.

    Gold: An→a, Bo→b, Hà Nội→NIL, Cung→c, Huế→NIL: 3 linked. Predicted: An→a (right), Bo→x (wrong
    id), Hà Nội→h (gold is NIL: a false positive), Cung→NIL (not linked: no answer),
    "ông Cung"→c (wrong span), Huế→NIL (not in it on either side): 4 linked. 1 of them is right:
    precision 1/4, recall 1/3, F1 2·1 / (4 + 3).
    """
    gold = [
        mention(4, 6, "a"),
        mention(14, 16, "b"),
        mention(19, 25, None),
        mention(39, 43, "c"),
        mention(46, 49, None),
    ]
    predicted = [
        mention(4, 6, "a"),
        mention(14, 16, "x"),
        mention(19, 25, "h"),
        mention(39, 43, None),
        mention(35, 43, "c"),
        mention(46, 49, None),
    ]
    score = scored("entities.linked", {"entities": gold}, {"entities": predicted})
    assert score.counts == vn.Counts(gold=3, predicted=4, matched=1)
    assert (score.precision, score.recall, score.f1) == (1 / 4, 1 / 3, 2 / 7)
    assert score.set_aside == (2, 2)
    # Gold against itself is 1, whatever is not linked in it.
    assert scored("entities.linked", {"entities": gold}, {"entities": gold}).f1 == 1.0


@pytest.mark.parametrize(("entity_id", "predicted"), [("a", 1), (None, 0)])
def test_a_lost_mention_counts_as_linked_if_it_names_an_entity(
    entity_id: str | None, predicted: int
) -> None:
    lost = {"text": "không có", "type": "PER", "entity_id": entity_id}
    gold = [mention(4, 6, "a")]
    score = scored("entities.linked", {"entities": gold}, {"entities": [lost]})
    assert score.counts == vn.Counts(gold=1, predicted=predicted)


def date(start: int, end: int, value: str | None, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "type": "DATE", "value": value, **more}


def test_dates_without_a_value_are_set_aside_with_what_goes_with_them() -> None:
    gold = [date(0, 6, None), date(7, 10, "2022"), date(11, 16, "2023")]
    predicted = [date(0, 3, "2021"), date(7, 10, "2022"), date(11, 16, None), date(30, 34, "2020")]
    value = scored("dates.value", {"dates": gold}, {"dates": predicted})
    # Without the first pair: 2 golds; 3 predictions, of which one is right, one gives no value and
    # one is spurious.
    assert value.counts == vn.Counts(gold=2, predicted=3, matched=1)
    assert value.set_aside == (1, 1)
    relaxed = scored("dates.relaxed", {"dates": gold}, {"dates": predicted})
    assert relaxed.counts == vn.Counts(gold=3, predicted=4, matched=3)
    assert relaxed.set_aside == (0, 0)
    itself = scored("dates.value", {"dates": gold}, {"dates": gold})
    assert (itself.f1, itself.set_aside) == (1.0, (1, 1))


def test_a_prediction_goes_with_the_date_that_has_a_value_where_it_can() -> None:
    gold = [date(0, 6, None), date(7, 10, "2022")]
    predicted = [date(3, 10, "2022")]
    score = scored("dates.value", {"dates": gold}, {"dates": predicted})
    assert score.counts == vn.Counts(gold=1, predicted=1, matched=1)
    assert score.set_aside == (1, 0)


def test_vague_dates_without_a_value_are_set_aside_among_the_vague() -> None:
    gold = [date(0, 6, None, vague=True), date(7, 10, "PAST_REF", vague=True), date(11, 16, "2023")]
    for vague, expected in (("only", (1, 1)), ("include", (1, 1)), ("exclude", (0, 0))):
        score = scored(f"dates.value(vague={vague})", {"dates": gold}, {"dates": gold})
        assert (score.f1, score.set_aside) == (1.0, expected)


def test_the_text_and_the_record_give_what_was_set_aside() -> None:
    gold = [date(0, 6, None), date(7, 10, "2022")]
    document = msgspec.convert({"doc_id": "d", "text": TEXT, "dates": gold}, vn.Document)
    result = vn.score([document], vn.Gold({"d": document}), measures=["dates.value"])
    shown = " ".join(text.render(result, "text").split())
    assert "1 gold record and 1 prediction of the whole page are set aside" in shown
    record = result.to_json()["measures"]["dates.value"]
    assert record["set_aside"] == {"gold": 1, "predicted": 1}
    assert vn.Result.from_json(result.to_json()) == result
