"""The data model: frozen records of documents, labels and predictions.

All offsets are half-open ``[start, end)`` in Unicode code points of the document's text. A record
of a gold document and a record of a prediction have the same type; what an extractor may leave out
is ``None`` (or empty) there; :mod:`vinewsie.scheme.checks` requires it of gold.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Annotated

import msgspec

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


class Entity(Record, frozen=True, kw_only=True, gc=False):
    """A mention: a proper name in the text, its type and the registry key of what it names."""

    id: str | None = None
    start: Offset
    end: Offset
    text: str | None = None
    type: str | None = None
    entity_id: str | None = None
    alternates: tuple[Span, ...] = ()
    origin: str | None = None
    human_verified: bool = False


class Date(Record, frozen=True, kw_only=True, gc=False):
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
    origin: str | None = None
    human_verified: bool = False


class Mark(Record, frozen=True, kw_only=True, gc=False):
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
    origin: str | None = None
    human_verified: bool = False


class Quote(Record, frozen=True, kw_only=True, gc=False):
    """One act of attributing words: source and speakers, cue, content.

    ``speakers`` is ``None`` when an extractor does not name speakers at all, and empty when it
    finds that no speaker is named.
    """

    id: str | None = None
    kind: str | None = None
    content: tuple[Span, ...]
    cue: tuple[Span, ...] = ()
    source: Span | None = None
    source_status: str | None = None
    speakers: tuple[str, ...] | None = None
    addressees: tuple[str, ...] = ()
    medium: Span | None = None
    parent: str | None = None
    alternates: tuple[tuple[Span, ...], ...] = ()
    origin: str | None = None
    human_verified: bool = False


AnyRecord = Entity | Date | Mark | Quote


class Document(Record, frozen=True, kw_only=True, dict=True):
    """A page with its labels: the text, its segments, and the records of the four layers."""

    doc_id: str
    text: str
    segments: tuple[Segment, ...] = ()
    entities: tuple[Entity, ...] = ()
    dates: tuple[Date, ...] = ()
    marks: tuple[Mark, ...] = ()
    quotes: tuple[Quote, ...] = ()

    @cached_property
    def _segment_starts(self) -> list[int]:
        return [segment.start for segment in self.segments]

    def segment_at(self, offset: int) -> Segment | None:
        """The segment that holds ``offset``, or the last one that begins before it; None before the
        first.
        """
        position = bisect_right(self._segment_starts, offset) - 1
        return self.segments[position] if position >= 0 else None

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
    """

    entity_id: str
    type: str
    name_vi: str
    name_en: str
    aliases: tuple[str, ...] = ()
    wikidata: str = ""


RECORD_TYPES: dict[str, type[Entity] | type[Date] | type[Mark] | type[Quote]] = {
    "entities": Entity,
    "dates": Date,
    "marks": Mark,
    "quotes": Quote,
}
"""The kinds of records of a document, by the name of the field that holds them."""


def records_of(holder: Document | Prediction, layer: str) -> tuple[AnyRecord, ...]:
    """The records of one layer of a document or a prediction."""
    records: tuple[AnyRecord, ...] = getattr(holder, layer)
    return records


def reading_order(record: AnyRecord) -> tuple[int, int]:
    """Sort key: by start, the longer span first, so that what encloses comes before what it
    holds.
    """
    if isinstance(record, Quote):
        return (record.content[0].start, -record.content[-1].end)
    return (record.start, -record.end)
