"""Matches documents of files with those of the gold, and moves their spans to the gold's texts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from vinewsie.decoding import GivenRecord, RawRecord, given_record, read_record
from vinewsie.findings import Finding
from vinewsie.formats.base import ParsedDocument
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Entity,
    Prediction,
    Segment,
    Unplaced,
)
from vinewsie.reading.identifying import ALIKE, identified, regrouped
from vinewsie.reading.plain import PlainLine
from vinewsie.reading.records import RawDocument
from vinewsie.scheme import LAYERS
from vinewsie.text import lines
from vinewsie.text_map import TextMap, TokenMap

NO_ANSWER = "no-answer"
"""The code of the finding that a source has no answer for a document."""
Located = ParsedDocument | PlainLine[Prediction]
"""A predicted document whose gold document is known."""


def named_documents(
    parsed: Iterable[Located], documents: Mapping[str, Document], findings: list[Finding]
) -> Iterator[Located]:
    """Matches predicted documents with those of the gold that they name.

    Args:
        parsed: the predicted documents, each with an id.
        documents: the gold documents by id.
        findings: where errors and warnings are appended.

    Yields:
        Those that the gold has, with all spans in the gold's text.
    """
    for one in parsed:
        doc_id = one.doc_id or ""
        if doc_id not in documents:
            message = f"doc_id {one.doc_id!r} is not in the gold, which has {_listed(documents)}"
            finding = Finding("unknown-document", message)
        elif isinstance(one, PlainLine) or one.text is None:
            yield one
            continue
        else:
            document = documents[doc_id]
            if one.text == document.text:
                yield one
                continue
            to_text = TextMap(one.text, document.text)
            if to_text.kept >= ALIKE:
                yield moved(one, to_text, document, findings)
                continue
            message = (
                f"text is not that of {document.doc_id}; offsets in another text are worth nothing"
            )
            finding = Finding("text-mismatch", message)
            yield one
        findings.append(finding.at(one.file, one.line, one.doc_id))


def identified_documents(
    parsed: Iterable[ParsedDocument], documents: Mapping[str, Document], findings: list[Finding]
) -> Iterator[ParsedDocument]:
    """Matches predicted documents with those of the gold that they name or whose text they have.

    Args:
        parsed: the predicted documents of a file.
        documents: the gold documents by id.
        findings: where errors and warnings are appended.

    Yields:
        Those that the gold has, with their ids and with all spans in the gold's text.
    """
    pages = regrouped(list(parsed), documents)
    for page, doc_id in zip(pages, identified(pages, documents), strict=True):
        if doc_id is None or doc_id not in documents:
            findings.append(_unknown(page, pages, documents))
            continue
        if page.failure is not None:
            found = Finding(NO_ANSWER, page.failure, severity="warning")
            findings.append(found.at(page.file, page.line, doc_id))
            continue
        document = documents[doc_id]
        text = document.text if page.text is None else page.text
        bare = unpadded(_in_code_points(page, text, findings), text)
        named = msgspec.structs.replace(bare, doc_id=doc_id)
        if page.text is None or page.text == document.text:
            yield named
        else:
            yield moved(named, _map(page, document), document, findings)


def _map(page: ParsedDocument, document: Document) -> TextMap:
    """How to find the document's spans: token by token, as conlleval does, where sentences and
    tokens agree; else by letters.
    """
    text = page.text or ""
    if page.segments and len(page.segments) == len(document.segments):
        by_token = TokenMap.of(text, document.text)
        if by_token is not None and by_token.equal >= ALIKE:
            return by_token
    return TextMap(text, document.text)


def unpadded(page: ParsedDocument, text: str) -> ParsedDocument:
    """The document without white space at the edges of its entities, where it may be padded.

    Args:
        page: the document.
        text: the text that its offsets count in.
    """
    if not page.padded:
        return page

    def bare(record: GivenRecord) -> GivenRecord:
        if not isinstance(record, Entity) or not 0 <= record.start < record.end <= len(text):
            return record
        inner = text[record.start : record.end]
        start = record.end - len(inner.lstrip())
        end = record.start + len(inner.rstrip())
        return msgspec.structs.replace(record, start=start, end=end) if start < end else record

    layers = {layer: [*map(bare, records)] for layer, records in page.layers.items()}
    return msgspec.structs.replace(page, layers=layers)


_DEPTH = 8
"""Levels of lists and objects inside a record that may hold spans; records have fewer."""


def _in_code_points(page: ParsedDocument, text: str, findings: list[Finding]) -> ParsedDocument:
    """The document with offsets in code points, where they count UTF-16 units, as in Java and
    JavaScript: where surfaces beside them are not all those of the code points, and all are those
    of the units.

    Args:
        page: the document.
        text: the text that its offsets count in.
        findings: where a warning is appended.
    """
    if text.isascii() or max(text) <= "\uffff":
        return page
    values = {
        layer: [r.value if isinstance(r, RawRecord) else msgspec.to_builtins(r) for r in records]
        for layer, records in page.layers.items()
    }
    placed = [
        (value["start"], value["end"], value["text"])
        for records in values.values()
        for value in records
        if isinstance(value, Mapping) and _has_offsets(value) and value.get("text") is not None
    ]
    if all(text[start:end] == surface for start, end, surface in placed):
        return page
    begins = itertools.accumulate((1 + (letter > "\uffff") for letter in text), initial=0)
    points = {unit: point for point, unit in enumerate(begins)}
    if not all(
        {start, end} <= points.keys() and text[points[start] : points[end]] == surface
        for start, end, surface in placed
    ):
        return page

    def in_points(part: Any, depth: int = 0) -> Any:
        if depth > _DEPTH:
            return part
        if isinstance(part, list | tuple):
            return [in_points(item, depth + 1) for item in part]
        if not isinstance(part, Mapping):
            return part
        return {
            name: points.get(item, item)
            if name in ("start", "end") and isinstance(item, int)
            else in_points(item, depth + 1)
            for name, item in part.items()
        }

    message = (
        "offsets count UTF-16 units, as in Java and JavaScript, and are read so: "
        f"{len(placed)} surfaces beside them fit"
    )
    warning = Finding("text-mismatch", message, severity="warning")
    findings.append(warning.at(page.file, page.line, page.doc_id))
    layers = {
        layer: [given_record(in_points(value), layer) for value in records]
        for layer, records in values.items()
    }
    return msgspec.structs.replace(page, layers=layers)


def _listed(documents: Mapping[str, Document]) -> str:
    return ", ".join(list(documents)[:5]) + (", …" if len(documents) > 5 else "")


def _unknown(
    page: ParsedDocument, pages: Sequence[ParsedDocument], documents: Mapping[str, Document]
) -> Finding:
    there = _listed(documents)
    remedy = "; name it: doc_id, # newdoc id = …, or one file for each document, named like it"
    if page.doc_id is not None:
        message = f"doc_id {page.doc_id!r} is none of the gold's, which has {there}"
    elif page.text is None:
        message = (
            f"{len(pages)} lists without a doc_id, for {len(documents)} documents ({there}){remedy}"
        )
    else:
        message = (
            "a document without a doc_id, whose text is none of the gold's, "
            f"which has {there}{remedy}"
        )
    return Finding("unknown-document", message, file=page.file, line=page.line)


def moved(
    parsed: ParsedDocument, to_text: TextMap, document: Document, findings: list[Finding]
) -> ParsedDocument:
    """Moves the records of a changed text to the document's text.

    Args:
        parsed: the records, with the offsets of the changed text.
        to_text: the map from the changed text to the document's.
        document: the gold document.
        findings: where warnings are appended: how the texts differ, and which records have no place
            in the document's text.

    Returns:
        The records that have a place; the others are unplaced.
    """
    found: list[Finding] = []
    if isinstance(to_text, TokenMap):
        message = (
            f"{to_text.different} tokens are not the document's; "
            "they are taken for those in the same place"
        )
        found.append(Finding("text-mismatch", message, severity="warning"))
    elif to_text.covered < 1:
        message = (
            f"the file's text is not the document's: {100 * to_text.covered:.1f} % of its letters "
            "are there; what is labelled elsewhere counts as missed"
        )
        found.append(Finding("text-mismatch", message, severity="warning"))
    kept: dict[str, list[GivenRecord]] = {}
    lost: list[Unplaced] = []
    for layer, records in parsed.layers.items():
        kept[layer] = []
        for index, record in enumerate(records):
            value = record.value if isinstance(record, RawRecord) else msgspec.to_builtins(record)
            if not isinstance(value, Mapping):
                kept[layer].append(record)
                continue
            if (new := _moved(value, to_text)) is not None:
                kept[layer].append(given_record(new, layer))
                continue
            surface = to_text.surface(*_extent(value))
            lost.append(unplaced(record, layer, index, "not_in_text", surface))
            message = (
                f"{surface!r} is not found again in the document's text; it counts as spurious"
            )
            found.append(Finding("not-in-text", message, layer, index, severity="warning"))
    findings += [finding.at(parsed.file, parsed.line, document.doc_id) for finding in found]
    return msgspec.structs.replace(
        parsed,
        layers=kept,
        text=None,
        unplaced=(*parsed.unplaced, *lost),
        aligned=any(kept.values()),
    )


def unplaced(
    record: GivenRecord, layer: str, index: int, reason: str, text: str | None = None
) -> Unplaced:
    """A record as one without a place, with its label and entity as far as it has them.

    Args:
        record: the record, valid or not.
        layer: its layer.
        index: its index in the layer.
        reason: why it has no place.
        text: its surface.
    """

    def given(name: str) -> str | None:
        if isinstance(record, RawRecord):
            value = record.value.get(name) if isinstance(record.value, Mapping) else None
        else:
            value = getattr(record, name, None)
        return value if isinstance(value, str) else None

    return Unplaced(
        layer=layer,
        index=index,
        reason=reason,
        text=text,
        label=given(LAYERS[layer].label_field),
        entity_id=given("entity_id") or msgspec.UNSET,
    )


def _extent(value: Mapping[str, Any]) -> tuple[int, int]:
    """From the start of the first span to the end of the last one."""
    content = value.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if content else []
    first, last = (parts[0], parts[-1]) if parts else (value, value)
    return int(first.get("start") or 0), int(last.get("end") or 0)


_PARTS = ("content", "cue", "source", "medium")


def _moved(value: Mapping[str, Any], to_text: TextMap) -> dict[str, Any] | None:
    """A record, as JSON, at its new place; None if its span, or a part of its content, has none.

    Other parts without a place, alternates, readings, and the surface in the other text are left
    out.
    """
    left_out = ("alternates", "contested", "readings")
    new = {name: part for name, part in value.items() if name not in left_out}
    if _has_offsets(value):
        span = _moved_part(value, to_text)
        if span is None:
            return None
        new |= span
        new.pop("text", None)
    for name in _PARTS:
        if name in value:
            new[name] = _moved_part(value[name], to_text)
    content = new.get("content", ())
    if content is None or (isinstance(content, list) and None in content):
        return None
    if isinstance(new.get("cue"), list):
        new["cue"] = [part for part in new["cue"] if part is not None]
    return new


def _moved_part(part: Any, to_text: TextMap) -> Any:
    if isinstance(part, list | tuple):
        return [_moved_part(item, to_text) for item in part]
    if not isinstance(part, Mapping) or not _has_offsets(part):
        return part
    span = to_text.span(part["start"], part["end"])
    return None if span is None else {"start": span.start, "end": span.end}


def _has_offsets(part: Mapping[str, Any]) -> bool:
    return all(isinstance(part.get(name), int) for name in ("start", "end"))


def gold(
    parsed: Iterable[ParsedDocument], findings: list[Finding]
) -> Iterator[tuple[RawDocument, Document]]:
    """Makes gold documents, each of which must have its text; appends errors to the findings.

    Without segments, every line of the text is one.
    """
    names: set[str] = set()
    for page in parsed:
        if page.text is None:
            message = page.failure or (
                "has labels without the text that they are of; "
                "give them in a format with texts, or as native JSON Lines"
            )
            findings.append(Finding("missing-field", message, file=page.file, line=page.line))
            continue
        page = unpadded(_in_code_points(page, page.text, findings), page.text)
        assert page.text is not None
        doc_id = page.doc_id or page.hint or "document"
        if page.doc_id is None:
            base, number = doc_id, 1
            while doc_id in names:
                number += 1
                doc_id = f"{base}-{number}"
        names.add(doc_id)
        segments = page.segments or tuple(
            Segment(start=start, end=end, zone="body") for start, end in lines(page.text)
        )
        found: list[Finding] = []
        layers: dict[str, Any] = {
            layer: tuple(_valid(records, layer, page.text, found))
            for layer, records in page.layers.items()
        }
        findings += [finding.at(page.file, page.line, doc_id) for finding in found]
        if not found:
            document = Document(doc_id=doc_id, text=page.text, segments=segments, **layers)
            yield RawDocument(page.file, page.line or 1, None), document


def _valid(
    records: Iterable[GivenRecord], layer: str, text: str, findings: list[Finding]
) -> Iterator[AnyRecord]:
    for index, given in enumerate(records):
        if isinstance(given, RawRecord):
            record, found = read_record(given.value, RECORD_TYPES[layer], text, layer, index)
            findings += found
            if record is not None:
                yield record
        else:
            yield given
