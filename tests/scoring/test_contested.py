"""Contested mentions and dates: they count, are skipped, or are right by any reading."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import vinewsie as vn

TEXT = "Ông An gặp bà Bình năm ngoái ở Huế."
#       0   4  7   11 14   19       31
AN, TITLED, BINH, YEAR = (
    {"start": 4, "end": 6},
    {"start": 0, "end": 6},
    {"start": 14, "end": 18},
    {"start": 19, "end": 28},
)
Counts = tuple[int, int, int]


def gold(layer: str, record: dict[str, Any], reading: dict[str, Any]) -> vn.Gold:
    """Binh, and a contested record."""
    document = {
        "doc_id": "d",
        "text": TEXT,
        "entities": [{**BINH, "type": "PER", "entity_id": "binh"}] if layer == "entities" else [],
        "dates": [{**BINH, "type": "DATE", "value": "2001"}] if layer == "dates" else [],
    }
    document[layer] = [{**record, "contested": True, "readings": [reading]}, *document[layer]]
    return vn.Gold({"d": msgspec.convert(document, vn.Document)})


@pytest.mark.parametrize(
    ("measure", "record", "reading", "guess", "count", "skip", "lenient"),
    [
        # The reading's span, type, entity or value: wrong, not asked, right.
        ("entities.strict", {**AN, "type": "PER"}, TITLED, {**TITLED, "type": "PER"},
         (2, 1, 0), (1, 0, 0), (2, 1, 1)),
        ("entities.strict", {**AN, "type": "PER"}, {"type": "ORG"}, {**AN, "type": "ORG"},
         (2, 1, 0), (1, 0, 0), (2, 1, 1)),
        ("entities.linked", {**AN, "entity_id": "an"}, {"entity_id": "ba"},
         {**AN, "entity_id": "ba"}, (2, 1, 0), (1, 0, 0), (2, 1, 1)),
        ("dates.value", {**YEAR, "type": "DATE", "value": "2023"}, {"value": "2022"},
         {**YEAR, "type": "DATE", "value": "2022"}, (2, 1, 0), (1, 0, 0), (2, 1, 1)),
        # The record as it is stays right.
        ("entities.strict", {**AN, "type": "PER"}, TITLED, {**AN, "type": "PER"},
         (2, 1, 1), (1, 0, 0), (2, 1, 1)),
        # Neither of the two.
        ("entities.strict", {**AN, "type": "PER"}, TITLED, {**AN, "type": "GPE"},
         (2, 1, 0), (1, 0, 0), (2, 1, 0)),
        # No record in the other reading.
        ("entities.strict", {**AN, "type": "PER"}, {"absent": True}, {**AN, "type": "PER"},
         (2, 1, 1), (1, 0, 0), (2, 1, 1)),
        ("entities.strict", {**AN, "type": "PER"}, {"absent": True}, None,
         (2, 0, 0), (1, 0, 0), (1, 0, 0)),
    ],
)  # fmt: skip
def test_contested(
    measure: str,
    record: dict[str, Any],
    reading: dict[str, Any],
    guess: dict[str, Any] | None,
    count: Counts,
    skip: Counts,
    lenient: Counts,
) -> None:
    layer = measure.partition(".")[0]
    prediction = {"doc_id": "d", layer: [guess] if guess is not None else []}
    for value, expected in (("count", count), ("skip", skip), ("lenient", lenient)):
        name = f"{measure}(contested={value})"
        result = vn.score([prediction], gold(layer, record, reading), measures=[name], resamples=0)
        found = result[name].counts
        assert (found.gold, found.predicted, found.matched) == expected, value


@pytest.mark.parametrize(("value", "right"), [("P10Y", 1), ("P120M", 1), ("P11Y", 0), ("PXY", 0)])
def test_values_that_are_one_length_by_definition_are_equal(value: str, right: int) -> None:
    record = {**YEAR, "type": "DURATION", "value": "P1DE"}
    document = {"doc_id": "d", "text": TEXT, "dates": [record]}
    prediction = {"doc_id": "d", "dates": [{**record, "value": value}]}
    one = vn.Gold({"d": msgspec.convert(document, vn.Document)})
    result = vn.score([prediction], one, measures=["dates.value"], resamples=0)
    assert result["dates.value"].counts.matched == right
