"""Labels taken along to a changed text. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec.structs import replace

from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Mark,
    Quote,
    Span,
    changes_of,
    records_of,
)
from vinewsie.perturbations.edits import ChangedText
from vinewsie.scheme.marks import places, status_of


class Projected(NamedTuple):
    """A changed document.

    Args:
        document: the document with its labels.
        kept: for each layer, the number in the original of each record.
        touched: the number of records some of whose words were changed.
    """

    document: Document
    kept: dict[str, list[int]]
    touched: int


def project(document: Document, changed: ChangedText) -> Projected:
    """A document with another text and the labels of this one, each in its place.

    A record goes only if nothing of its words is left; a content that loses a part is truncated.
    Values, types, speakers and all else that is no place stays.

    Args:
        document: the document.
        changed: its text after edits.
    """
    labels: dict[str, Any] = {}
    kept: dict[str, list[int]] = {}
    touched = 0
    for layer in RECORD_TYPES:
        pairs = [
            (n, r, _record(r, document, changed)) for n, r in enumerate(records_of(document, layer))
        ]
        labels[layer] = tuple(new for _, _, new in pairs if new is not None)
        kept[layer] = [number for number, _, new in pairs if new is not None]
        touched += sum(
            new is None or words_of(old, document.text) != words_of(new, changed.text)
            for _, old, new in pairs
        )
    ids = {quote.id for quote in labels["quotes"]}
    labels["quotes"] = tuple(
        replace(quote, parent=None) if quote.parent not in ids else quote
        for quote in labels["quotes"]
    )
    labels["marks"] = tuple(
        replace(mark, quote=None) if mark.quote not in ids else mark for mark in labels["marks"]
    )
    segments = tuple(
        # What is inserted at the edge of a line belongs to it.
        replace(segment, start=changed.end(segment.start), end=changed.start(segment.end))
        for segment in document.segments
        if changed.span(segment.start, segment.end) is not None
    )
    new = replace(document, text=changed.text, segments=segments, **labels)
    return Projected(new, kept, touched)


def words_of(record: AnyRecord, text: str) -> list[str]:
    """The words of a record, those of each span of a content."""
    spans = record.content if isinstance(record, Quote) else [record]
    return [text[span.start : span.end] for span in spans]


def _spans(spans: Iterable[Span], changed: ChangedText) -> tuple[Span, ...]:
    found = (changed.span(span.start, span.end) for span in spans)
    return tuple(span for span in found if span is not None)


def _record(record: AnyRecord, document: Document, changed: ChangedText) -> AnyRecord | None:
    """A record in the changed text; None where nothing of it is left."""
    if isinstance(record, Quote):
        return _quote(record, changed)
    span = changed.span(record.start, record.end)
    # Of a mention that is cut, what is left is another name.
    if span is None or _is_cut(record.start, record.end, changed):
        return None
    common: dict[str, Any] = {
        "start": span.start,
        "end": span.end,
        "text": None if record.text is None else changed.text[span.start : span.end],
        "alternates": _spans(record.alternates, changed),
        "readings": tuple(_reading(one, record, changed) for one in record.readings),
    }
    if isinstance(record, Mark):
        common |= _marks(record, document, changed)
    return replace(record, **common)


def _is_cut(start: int, end: int, changed: ChangedText) -> bool:
    """Whether an edit removes a part of a span, and puts nothing in its place."""
    return any(not edit.new and edit.start < end and start < edit.end for edit in changed.edits)


def _marks(mark: Mark, document: Document, changed: ChangedText) -> dict[str, Any]:
    """The marks around a changed span, as they now are."""
    found = {"open": mark.open, "close": mark.close}
    sides = [side for side in found if found[side] is not None]
    for side, place in zip(sides, places(mark), strict=True):
        if document.text[place : place + 1] == found[side]:
            found[side] = changed.text[changed.start(place) : changed.end(place + 1)].strip()
    status = status_of(mark.open, mark.close)
    known = mark.status if mark.status != status else status_of(found["open"], found["close"])
    return {**found, "status": known}


def _quote(quote: Quote, changed: ChangedText) -> Quote | None:
    content = _spans(quote.content, changed)
    if not content:
        return None
    cut = any(_is_cut(span.start, span.end, changed) for span in quote.content)

    def one(span: Span | None) -> Span | None:
        return None if span is None else changed.span(span.start, span.end)

    return replace(
        quote,
        content=content,
        truncated=quote.truncated or cut or len(content) < len(quote.content),
        cue=_spans(quote.cue, changed),
        source=one(quote.source),
        medium=one(quote.medium),
        alternates=tuple(
            spans for content in quote.alternates if (spans := _spans(content, changed))
        ),
        readings=tuple(_reading(reading, quote, changed) for reading in quote.readings),
    )


def _reading(reading: Any, record: AnyRecord, changed: ChangedText) -> Any:
    """A reading in the changed text."""
    given = changes_of(reading)
    moved: dict[str, Any] = {}
    for name in ("content", "cue", "medium"):
        if name in given:
            moved[name] = _spans(given[name], changed)
    if given.keys() & {"start", "end"} and not isinstance(record, Quote):
        start, end = given.get("start", record.start), given.get("end", record.end)
        if (span := changed.span(start, end)) is not None:
            moved |= {"start": span.start, "end": span.end}
    return replace(reading, **moved)
