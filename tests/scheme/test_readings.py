"""Other readings of contested records, and values of dates that are equal by definition."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie.annotations import store
from vinewsie.decoding import read_record
from vinewsie.model import (
    RECORD_TYPES,
    Date,
    DateReading,
    Document,
    Entity,
    EntityReading,
    Mark,
    MarkReading,
    Quote,
    QuoteReading,
    Reading,
    Span,
    changes_of,
    read_as,
    reading_type,
)
from vinewsie.reading import native
from vinewsie.scheme.dates import canonical_value, well_formed
from vinewsie.scoring.agreement import agreement

TEXT = "Theo An, Ba nói mưa một tuần."


def test_a_record_under_a_reading_has_what_differs_and_no_readings() -> None:
    entity = Entity(
        start=5,
        end=7,
        text="An",
        type="PER",
        contested=True,
        readings=(EntityReading(end=11, type="ORG"), EntityReading(absent=True)),
    )
    longer, absent = entity.readings
    assert read_as(entity, longer) == Entity(start=5, end=11, type="ORG")
    assert read_as(entity, absent) is None
    date = Date(start=20, end=28, type="DURATION", value="P1W", vague=True)
    assert read_as(date, DateReading(type="DATE")) == msgspec.structs.replace(date, type="DATE")
    mark = Mark(start=1, end=2, function="scare")
    assert read_as(mark, MarkReading(function="speech")) == Mark(start=1, end=2, function="speech")


def test_a_reading_of_a_quotation_may_take_away_its_medium_and_addressees() -> None:
    quote = Quote(
        content=(Span(start=0, end=4),),
        speakers=("an",),
        addressees=("ba", "tam"),
        inherited=("ba", "tam"),
        medium=Span(start=5, end=7),
    )
    read = read_as(quote, QuoteReading(addressees=("ba",), medium=()))
    assert read is not None
    assert (read.addressees, read.inherited, read.medium) == (("ba",), ("ba",), None)
    assert (read.speakers, read.content) == (quote.speakers, quote.content)
    read = read_as(quote, QuoteReading(speakers=(), medium=(Span(start=0, end=4),)))
    assert read is not None
    assert (read.speakers, read.medium) == ((), Span(start=0, end=4))


@pytest.mark.parametrize("layer", RECORD_TYPES)
def test_every_field_of_a_reading_is_one_of_its_record(layer: str) -> None:
    fields = {f.name for f in msgspec.structs.fields(reading_type(layer))} - {"absent"}
    assert fields < {f.name for f in msgspec.structs.fields(RECORD_TYPES[layer])}
    assert changes_of(reading_type(layer)()) == {}


READINGS: dict[str, Reading] = {
    "entities": EntityReading(start=5, end=11),
    "dates": DateReading(value="P7D"),
    "marks": MarkReading(absent=True),
    "quotes": QuoteReading(content=(Span(start=9, end=11),), speakers=(), medium=()),
}


@pytest.mark.parametrize("layer", READINGS)
def test_label_files_hold_what_differs_with_its_surface(layer: str) -> None:
    place: dict[str, Any] = {"content": [{"start": 5, "end": 7}]} if layer == "quotes" else {}
    raw = place or {"start": 5, "end": 7}
    record = msgspec.convert(
        raw | {"contested": True, "readings": [msgspec.to_builtins(READINGS[layer])]},
        RECORD_TYPES[layer],
    )
    plain = store.readable(record, TEXT)
    assert (
        plain["readings"]
        == {
            "entities": [{"start": 5, "end": 11, "text": "An, Ba"}],
            "dates": [{"value": "P7D"}],
            "marks": [{"absent": True}],
            "quotes": [
                {
                    "content": [{"start": 9, "end": 11, "text": "Ba"}],
                    "speakers": [],
                    "medium": [],
                }
            ],
        }[layer]
    )
    assert read_record(plain, RECORD_TYPES[layer], TEXT, layer, 0) == (record, [])


def test_label_files_leave_out_the_doubt_that_there_is_none_of() -> None:
    plain = store.readable(Quote(content=(Span(start=5, end=7),)), TEXT)
    assert not plain.keys() & {"contested", "readings", "truncated", "inherited"}
    assert plain["alternates"] == []


def test_the_native_format_leaves_it_out_too() -> None:
    text = 'A nói ,"contested":false là hết.'
    plain = Entity(start=0, end=1, type="PER")
    doubted = msgspec.structs.replace(plain, contested=True, readings=(EntityReading(absent=True),))
    quote = Quote(content=(Span(start=6, end=23),), truncated=True, inherited=("a",))
    for entity, fields in ((plain, []), (doubted, ["contested", "readings"])):
        document = Document(doc_id="d", text=text, entities=(entity,), quotes=(quote,))
        line = native.encode(document)
        raw = json.loads(line)
        assert [name for name in raw["entities"][0] if name in ("contested", "readings")] == fields
        assert raw["quotes"][0].keys() >= {"truncated", "inherited"}
        assert native.read_document(raw) == (document, [])


EQUAL = [
    ("P1DE", "P10Y", "P120M"),
    ("P1CE", "P100Y", "P10DE"),
    ("P1ML", "P1000Y", "P10CE"),
    ("P1W", "P7D"),
    ("P1Y", "P12M", "P4Q", "P2H"),
    ("P0.5Y", "P6M", "P0Y6M"),
    ("PT1H", "PT60M", "PT3600S"),
    ("P2D", "P02D", "P2.0D"),
]


@pytest.mark.parametrize("values", EQUAL, ids=[values[0] for values in EQUAL])
def test_values_that_are_one_length_by_definition_are_equal(values: tuple[str, ...]) -> None:
    assert all(well_formed(value, "DURATION") for value in values)
    assert len({canonical_value(value) for value in values}) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("P1M", "P30D"),
        ("P1Y", "P365D"),
        ("P1D", "PT24H"),
        ("PT1M", "P1M"),
        ("P1WE", "P2D"),
        ("PXDE", "PXY"),
        ("PXY", "P1Y"),
        ("2022", "2022-05"),
        ("P1Y", "P1M"),
    ],
)
def test_other_values_are_not(left: str, right: str) -> None:
    assert canonical_value(left) != canonical_value(right)


@given(st.text(alphabet="PTXYMWDQHSEC0123456789.-", max_size=12))
def test_the_canonical_form_is_well_formed_and_its_own(value: str) -> None:
    canonical = canonical_value(value)
    assert canonical_value(canonical) == canonical
    if well_formed(value, "DURATION"):
        assert well_formed(canonical, "DURATION")
    else:
        assert canonical == value


def test_passes_agree_on_equal_lengths() -> None:
    def reading(value: str) -> dict[str, Document]:
        date = Date(start=20, end=28, type="DURATION", value=value)
        return {"d": Document(doc_id="d", text=TEXT, dates=(date,))}

    def values(left: str, right: str) -> list[float | None]:
        rows = agreement(reading(left), reading(right))
        return [row.value for row in rows if (row.layer, row.what) == ("dates", "value")]

    assert values("P1W", "P7D") == [1.0]
    assert values("P1W", "P8D") == [0.0]
