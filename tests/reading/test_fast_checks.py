"""The vectorised pre-check never clears a document that full validation would flag."""

from __future__ import annotations

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import EntityReading, Prediction
from vinewsie.packed import Packed
from vinewsie.reading.fast_checks import suspicious
from vinewsie.reading.predictions import read_predictions
from vinewsie.scheme.checks import check_prediction_record, check_structure

TEXT = "Kim gặp Nga"


def document(*alternates: vn.Span) -> vn.Document:
    entity = vn.Entity(start=0, end=3, type="PER", alternates=alternates)
    return vn.Document(doc_id="d", text=TEXT, entities=(entity,))


@pytest.mark.parametrize(("start", "end"), [(0, 99), (-1, 2), (3, 3), (3, 7)])
def test_wrong_alternates_are_not_cleared(start: int, end: int) -> None:
    """Neither a span outside the text, nor an empty one, nor (in gold) white space at an edge."""
    good, bad = document(), document(vn.Span(start=start, end=end))
    packed = Packed.of([good, bad], "entities")
    assert list(check_structure(bad, vocabularies=False))
    doubtful = suspicious([good, bad], [good, bad], packed, gold=True, labels=None)
    assert doubtful.tolist() == [False, True]
    if list(check_prediction_record(bad.entities[0], "entities", 0, TEXT, None)):
        holders = [Prediction(doc_id="d", entities=one.entities) for one in (good, bad)]
        doubtful = suspicious([good, bad], holders, packed, gold=False, labels=None)
        assert doubtful.tolist() == [False, True]


@pytest.mark.parametrize(
    "readings",
    [(), (EntityReading(end=99),), (EntityReading(end=4),), (EntityReading(end=3),)],
)
def test_wrong_readings_are_not_cleared(readings: tuple[EntityReading, ...]) -> None:
    """Neither none, nor a span outside the text or with white space, nor the record itself."""
    [entity] = document().entities
    contested = msgspec.structs.replace(entity, contested=True, readings=readings)
    good, bad = document(), msgspec.structs.replace(document(), entities=(contested,))
    packed = Packed.of([good, bad], "entities")
    assert list(check_structure(bad, vocabularies=False))
    doubtful = suspicious([good, bad], [good, bad], packed, gold=True, labels=None)
    assert doubtful.tolist() == [False, True]


def test_wrong_alternates_of_a_prediction_are_found() -> None:
    bad = document(vn.Span(start=0, end=99))
    read = read_predictions([Prediction(doc_id="d", entities=bad.entities)], {"d": document()})
    assert [(f.code, f.layer, f.index) for f in read.findings] == [("offset-range", "entities", 0)]


def test_a_document_that_stands_twice_costs_all_records_of_the_second_one() -> None:
    """Even if the first one has a record that is wrong."""
    good = {"start": 0, "end": 3, "type": "PER"}
    rows = [
        {"doc_id": "d", "entities": [good, {"start": 0, "end": 99, "type": "PER"}]},
        {"doc_id": "d", "entities": [good]},
    ]
    read = read_predictions(rows, {"d": document()}, skip_invalid=True)
    prediction = read.by_doc["d"]
    assert (len(prediction.entities), len(prediction.unplaced)) == (1, 2)
    assert [f.code for f in read.findings] == ["offset-range", "duplicate-document"]
