"""The data model: frozen records of documents, labels and predictions.

All offsets are half-open ``[start, end)`` in Unicode code points of the document's text. A record
of a gold document and a record of a prediction have the same type; what an extractor may leave out
is ``None`` (or empty) there; :mod:`vinewsie.scheme.checks` requires it of gold.
"""

from __future__ import annotations

import typing
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, TypeVar

import msgspec

from vinewsie.markup import MarkedSpan, element, marked, shown, view

Offset = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A position in a text. The bounds keep it within what a column of int64 and a float can hold."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Common to all records: immutable, named fields only, unknown fields refused."""


class Span(Record, frozen=True, kw_only=True, order=True, gc=False):
    """A half-open range ``[start, end)`` of code points."""

    start: Offset
    end: Offset


class Segment(Record, frozen=True, kw_only=True, gc=False):
    """A line of the page with its zone; ``item`` is 0 for the article itself and counts the teasers
    from 1.
    """

    start: Offset
    end: Offset
    zone: str
    item: int = 0
    anchor_date: str = ""


class Reading(Record, frozen=True, kw_only=True):
    """Another reading of a record, which a good second reader would defend.

    A field that is None is as in the record. ``absent``: in this reading there is no such record,
    and no other field is given.
    """

    absent: bool = False


class EntityReading(Reading, frozen=True, kw_only=True, gc=False):
    """Another reading of a mention."""

    start: Offset | None = None
    end: Offset | None = None
    type: str | None = None
    entity_id: str | None = None


class DateReading(Reading, frozen=True, kw_only=True, gc=False):
    """Another reading of a time expression."""

    start: Offset | None = None
    end: Offset | None = None
    type: str | None = None
    value: str | None = None
    mod: str | None = None


class MarkReading(Reading, frozen=True, kw_only=True, gc=False):
    """Another reading of a pair of quotation marks."""

    function: str | None = None


class QuoteReading(Reading, frozen=True, kw_only=True, gc=False):
    """Another reading of a quotation. ``medium`` has one span, or none where the words stand in no
    medium.
    """

    kind: str | None = None
    content: tuple[Span, ...] | None = None
    cue: tuple[Span, ...] | None = None
    source_status: str | None = None
    speakers: tuple[str, ...] | None = None
    addressees: tuple[str, ...] | None = None
    medium: tuple[Span, ...] | None = None


class LabelRecord(Record, frozen=True, kw_only=True):
    """Common to the records of the four layers.

    ``score`` is the confidence that an extractor gives a predicted record. It is read for the
    choice of a threshold alone; no other number depends on it.
    """

    @property
    def optional(self) -> bool:
        """Whether there is no such record in another reading."""
        readings: tuple[Reading, ...] = getattr(self, "readings", ())
        return any(reading.absent for reading in readings)


class Entity(LabelRecord, frozen=True, kw_only=True, gc=False):
    """A mention: a proper name in the text, its type and the registry key of what it names."""

    id: str | None = None
    start: Offset
    end: Offset
    text: str | None = None
    type: str | None = None
    entity_id: str | None = None
    alternates: tuple[Span, ...] = ()
    contested: bool = False
    readings: tuple[EntityReading, ...] = ()
    origin: str | None = None
    human_verified: bool = False
    score: float | msgspec.UnsetType = msgspec.UNSET


class Date(LabelRecord, frozen=True, kw_only=True, gc=False):
    """A time expression (TIMEX3)."""

    id: str | None = None
    start: Offset
    end: Offset
    text: str | None = None
    type: str | None = None
    value: str | None = None
    mod: str | None = None
    vague: bool = False
    alternates: tuple[Span, ...] = ()
    contested: bool = False
    readings: tuple[DateReading, ...] = ()
    origin: str | None = None
    human_verified: bool = False
    score: float | msgspec.UnsetType = msgspec.UNSET


class Mark(LabelRecord, frozen=True, kw_only=True, gc=False):
    """A pair of quotation marks; the span is what stands between the marks."""

    id: str | None = None
    start: Offset
    end: Offset
    text: str | None = None
    open: str | None = None
    close: str | None = None
    status: str | None = None
    function: str | None = None
    quote: str | None = None
    alternates: tuple[Span, ...] = ()
    contested: bool = False
    readings: tuple[MarkReading, ...] = ()
    origin: str | None = None
    human_verified: bool = False
    score: float | msgspec.UnsetType = msgspec.UNSET


class Quote(LabelRecord, frozen=True, kw_only=True, gc=False):
    """One act of attributing words: source and speakers, cue, content.

    ``speakers`` is ``None`` when an extractor does not name speakers at all, and empty when it
    finds that no speaker is named. ``truncated``: the text breaks off inside the content.
    ``inherited`` has those of the addressees that the page names and the sentence does not.
    """

    id: str | None = None
    kind: str | None = None
    content: tuple[Span, ...]
    truncated: bool = False
    cue: tuple[Span, ...] = ()
    source: Span | None = None
    source_status: str | None = None
    speakers: tuple[str, ...] | None = None
    addressees: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    medium: Span | None = None
    parent: str | None = None
    alternates: tuple[tuple[Span, ...], ...] = ()
    contested: bool = False
    readings: tuple[QuoteReading, ...] = ()
    origin: str | None = None
    human_verified: bool = False
    score: float | msgspec.UnsetType = msgspec.UNSET


AnyRecord = Entity | Date | Mark | Quote


MetadataValue = str | int | float | bool | None


class Document(Record, frozen=True, kw_only=True, dict=True):
    """A page with its labels: the text, its segments, and the records of the four layers.

    ``metadata`` is what is known about the page, such as its outlet, desk or author; extractors do
    not see it.
    """

    doc_id: str
    text: str
    segments: tuple[Segment, ...] = ()
    entities: tuple[Entity, ...] = ()
    dates: tuple[Date, ...] = ()
    marks: tuple[Mark, ...] = ()
    quotes: tuple[Quote, ...] = ()
    metadata: dict[str, MetadataValue] | msgspec.UnsetType = msgspec.UNSET

    @cached_property
    def _segment_starts(self) -> list[int]:
        return [segment.start for segment in self.segments]

    def segment_at(self, offset: int) -> Segment | None:
        """The segment that holds ``offset``, or the last one that begins before it; None before the
        first.
        """
        position = bisect_right(self._segment_starts, offset) - 1
        return self.segments[position] if position >= 0 else None

    def lines(self) -> list[int]:
        """For each segment, the index of the first segment that has the same text."""
        first: dict[str, int] = {}
        return [
            first.setdefault(self.text[segment.start : segment.end], index)
            for index, segment in enumerate(self.segments)
        ]

    def _repr_html_(self) -> str:
        """The text with its labels, line by line, for a notebook."""
        counts = {layer: len(records_of(self, layer)) for layer in RECORD_TYPES}
        labels = ", ".join(f"{number} {layer}" for layer, number in counts.items() if number)
        head = f"{element('strong', shown(self.doc_id))}, {labels or 'no labels'}"
        spans = [span for layer in RECORD_TYPES for span in marked_spans(self, layer)]
        lines = []
        last = 0
        for segment in self.segments or (Segment(start=0, end=len(self.text), zone=""),):
            # What stands between segments, such as an empty line, is text, too.
            if self.text[last : segment.start].strip():
                lines.append(element("p", marked(self.text, spans, last, segment.start)))
            zone = element("span", shown(segment.zone), "label") if segment.zone else ""
            body = marked(self.text, spans, segment.start, segment.end)
            lines.append(element("p", f"{zone} {body}"))
            last = max(last, segment.end)
        if self.text[last:].strip():
            lines.append(element("p", marked(self.text, spans, last)))
        return view(element("p", head) + element("div", "".join(lines), "scroll"))

    def unlabelled(self) -> Document:
        """The document as an extractor sees it: text and segments, never labels."""
        return Document(doc_id=self.doc_id, text=self.text, segments=self.segments)


class Unplaced(Record, frozen=True, kw_only=True):
    """A predicted record that has no place in the text: its surface does not occur, or it was
    refused and skipped.

    It counts as spurious in its layer. ``entity_id`` is unset unless the record had one.
    """

    layer: str
    index: int
    reason: str
    text: str | None = None
    label: str | None = None
    entity_id: str | msgspec.UnsetType = msgspec.UNSET


class Prediction(Record, frozen=True, kw_only=True):
    """The output of an extractor for one document, every record placed in the text."""

    doc_id: str
    entities: tuple[Entity, ...] = ()
    dates: tuple[Date, ...] = ()
    marks: tuple[Mark, ...] = ()
    quotes: tuple[Quote, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()


class RegistryEntry(Record, frozen=True, kw_only=True):
    """An entity of the registry; ``wikidata`` is empty unless a public source shows the number
    beside the name.

    ``kind`` is ``name`` for an entity that has a name of its own, and ``role`` for a speaker known
    by an office alone, whose aliases are the printed sources. ``capital_of`` is the key of the
    country whose capital the entity is.
    """

    entity_id: str
    type: str
    name_vi: str
    name_en: str
    aliases: tuple[str, ...] = ()
    wikidata: str = ""
    kind: str = "name"
    capital_of: str = ""


RECORD_TYPES: dict[str, type[Entity] | type[Date] | type[Mark] | type[Quote]] = {
    "entities": Entity,
    "dates": Date,
    "marks": Mark,
    "quotes": Quote,
}
"""The kinds of records of a document, by the name of the field that holds them."""


R = TypeVar("R", Entity, Date, Mark, Quote)


def changes_of(reading: Reading) -> dict[str, Any]:
    """The fields that a reading gives: those that are not as in the record."""
    return {
        name: value
        for name in reading.__struct_fields__
        if (value := getattr(reading, name)) is not None and value is not False
    }


def read_as(record: R, reading: Reading) -> R | None:
    """The record under one of its readings, which it no longer carries; None if the reading has no
    such record.
    """
    if reading.absent:
        return None
    fields: dict[str, Any] = {"contested": False, "readings": (), **changes_of(reading)}
    if "medium" in fields:
        fields["medium"] = next(iter(fields["medium"]), None)
    if "addressees" in fields and isinstance(record, Quote):
        fields["inherited"] = tuple(k for k in record.inherited if k in fields["addressees"])
    if fields.keys() & {"start", "end"}:
        fields["text"] = None
    return msgspec.structs.replace(record, **fields)


def reading_type(layer: str) -> type[Reading]:
    """The kind of readings that the records of a layer have."""
    kinds = typing.get_type_hints(RECORD_TYPES[layer], include_extras=True)
    kind: type[Reading] = typing.get_args(kinds["readings"])[0]
    return kind


def records_of(holder: Document | Prediction, layer: str) -> tuple[AnyRecord, ...]:
    """The records of one layer of a document or a prediction."""
    records: tuple[AnyRecord, ...] = getattr(holder, layer)
    return records


def marked_spans(holder: Document | Prediction, layer: str) -> Iterator[MarkedSpan]:
    """The spans of the records of one layer, each with its label, as a view marks them."""
    for record in records_of(holder, layer):
        if isinstance(record, Quote):
            speakers = ", ".join(record.speakers or ())
            words = (record.kind, speakers and f"by {speakers}")
            label = " ".join(word for word in words if word)
            for span in record.content:
                last = span is record.content[-1]
                yield MarkedSpan(span.start, span.end, layer, label if last else "")
        elif isinstance(record, Mark):
            yield MarkedSpan(record.start, record.end, layer, record.function or "")
        else:
            value = getattr(record, "value", None)
            label = " ".join(word for word in (record.type, value) if word)
            yield MarkedSpan(record.start, record.end, layer, label)


def reading_order(record: AnyRecord) -> tuple[int, int]:
    """Sort key: by start, the longer span first, so that what encloses comes before what it
    holds.
    """
    if isinstance(record, Quote):
        return (record.content[0].start, -record.content[-1].end)
    return (record.start, -record.end)
