"""From what a foreign file says to predictions and gold of this package: which document is meant,
and where its spans are in that text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.findings import Finding
from vinewsie.formats.base import Parsed
from vinewsie.model import RECORD_TYPES, Document, Prediction, Quote, Segment, Unplaced
from vinewsie.reading.identifying import ALIKE, identified, regrouped
from vinewsie.reading.records import Row
from vinewsie.text import lines
from vinewsie.text_map import TextMap, TokenMap


class Placed(dict[str, Any]):
    """A predicted document in the native form, with what could not be placed."""

    unplaced: tuple[Unplaced, ...] = ()


@dataclass
class PlacedPredictions:
    """Predictions as rows of the native form, with findings, and whether spans had to be found
    again in another text.
    """

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    aligned: bool = False


def predictions(pages: Iterable[Parsed], documents: Mapping[str, Document]) -> PlacedPredictions:
    """Places what a file says in the documents that it is about. What has no place is counted and
    told, never put elsewhere.
    """
    result = PlacedPredictions()
    pages = regrouped(list(pages), documents)
    ids = identified(pages, documents)
    for page, doc_id in zip(pages, ids, strict=True):
        if doc_id is None or doc_id not in documents:
            result.findings.append(_unknown(page, pages, documents))
            continue
        document = documents[doc_id]
        if page.text is None or page.text == document.text:
            result.rows.append(Row(page.file, page.line or 1, _row(doc_id, page.layers)))
            continue
        row, findings, aligned = moved(page.layers, _map(page, document), document)
        result.rows.append(Row(page.file, page.line or 1, row))
        result.findings += [finding.at(page.file, page.line, doc_id) for finding in findings]
        result.aligned |= aligned
    return result


def _map(page: Parsed, document: Document) -> TextMap:
    """How to find the page's spans: row by row, as conlleval does, where sentences and tokens are
    as the document's; else by letters.
    """
    text = page.text or ""
    if page.segments and len(page.segments) == len(document.segments):
        by_token = TokenMap.of(text, document.text)
        if by_token is not None and by_token.equal >= ALIKE:
            return by_token
    return TextMap(text, document.text)


def _row(
    doc_id: str, layers: Mapping[str, Sequence[Any]], unplaced: Sequence[Unplaced] = ()
) -> Prediction | Placed:
    if any(layers.values()) and all(
        isinstance(record, msgspec.Struct) for records in layers.values() for record in records[:1]
    ):
        return Prediction(
            doc_id=doc_id,
            unplaced=tuple(unplaced),
            **{layer: tuple(records) for layer, records in layers.items()},
        )
    row = Placed(doc_id=doc_id, **{layer: list(records) for layer, records in layers.items()})
    row.unplaced = tuple(unplaced)
    return row


def _unknown(page: Parsed, pages: Sequence[Parsed], documents: Mapping[str, Document]) -> Finding:
    there = ", ".join(list(documents)[:5]) + (", …" if len(documents) > 5 else "")
    remedy = "; name it: doc_id, # newdoc id = …, or one file for each document, named like it"
    if page.doc_id is not None:
        message = f"doc_id {page.doc_id!r} is none of the gold's, which has {there}"
    elif page.text is None:
        message = (
            f"{len(pages)} lists without a doc_id, for {len(documents)} documents ({there}){remedy}"
        )
    else:
        message = f"what stands here names no document, and its text is none of the gold's, which has {there}{remedy}"
    return Finding("unknown-document", message, file=page.file, line=page.line)


def moved(
    layers: Mapping[str, Sequence[Any]], to_text: TextMap, document: Document
) -> tuple[Prediction | Placed, list[Finding], bool]:
    """The records of a changed text where they are in the document's text; findings for those that
    are not there.
    """
    kept: dict[str, list[Any]] = {}
    lost: list[Unplaced] = []
    findings: list[Finding] = []
    if isinstance(to_text, TokenMap):
        message = f"{to_text.different} tokens are not the document's; they are taken for those in the same place"
        findings.append(Finding("text-mismatch", message, severity="warning"))
    elif to_text.covered < 1:
        share = f"{100 * to_text.covered:.1f} %"
        message = f"the file's text is not the document's: {share} of its letters are there; what is labelled elsewhere counts as missed"
        findings.append(Finding("text-mismatch", message, severity="warning"))
    for layer, records in layers.items():
        kept[layer] = []
        for index, record in enumerate(records):
            placed = _moved(record, to_text)
            if placed is not None:
                kept[layer].append(placed)
                continue
            surface, label = to_text.surface(*_extent(record)), _label(record)
            lost.append(
                Unplaced(layer=layer, index=index, reason="not_in_text", text=surface, label=label)
            )
            message = (
                f"{surface!r} is not found again in the document's text; it counts as spurious"
            )
            findings.append(Finding("not-in-text", message, layer, index, severity="warning"))
    return _row(document.doc_id, kept, lost), findings, any(kept.values())


def _extent(record: Any) -> tuple[int, int]:
    if isinstance(record, Mapping):
        parts = [part for part in record.get("content") or [record] if isinstance(part, Mapping)]
        return int(parts[0].get("start") or 0), int(parts[-1].get("end") or 0)
    return (
        (record.content[0].start, record.content[-1].end)
        if isinstance(record, Quote)
        else (record.start, record.end)
    )


def _label(record: Any) -> str | None:
    for name in ("type", "kind"):
        label = record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)
        if isinstance(label, str):
            return label
    return None


_PARTS = ("content", "cue", "source", "medium", "alternates")


def _moved(record: Any, to_text: TextMap) -> Any:
    """The record at its new place; None when its span, or a part of its content, has none. Other
    parts without a place are left out.
    """
    if not isinstance(record, Mapping):
        if isinstance(record, Quote):
            return _moved(msgspec.to_builtins(record), to_text)
        span = to_text.span(record.start, record.end)
        return (
            None
            if span is None
            else msgspec.structs.replace(
                record, start=span.start, end=span.end, text=None, alternates=()
            )
        )
    new = dict(record)
    if _has_offsets(record):
        span = to_text.span(record["start"], record["end"])
        if span is None:
            return None
        new |= {"start": span.start, "end": span.end}
        new.pop("text", None)  # the surface of the other text
    for name in _PARTS:
        if name in record:
            new[name] = _moved_part(record[name], to_text)
    if "content" in record and (not isinstance(new["content"], list) or None in new["content"]):
        return None
    new.pop("alternates", None)
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


def gold(pages: Iterable[Parsed], findings: list[Finding]) -> Iterator[Row]:
    """Gold documents of what a file says; each must have its text. Without segments of its own,
    every line is one.
    """
    names: set[str] = set()
    for page in pages:
        if page.text is None:
            message = "has labels without the text that they are of; give them in a format with texts, or as native JSON Lines"
            findings.append(Finding("missing-field", message, file=page.file, line=page.line))
            continue
        doc_id = page.doc_id or page.hint or "document"
        if page.doc_id is None:
            base, number = doc_id, 1
            while doc_id in names:
                number += 1
                doc_id = f"{base}-{number}"
        names.add(doc_id)
        segments = page.segments or tuple(
            Segment(start=start, end=end, zone="body", item=0, anchor_date="")
            for start, end in lines(page.text)
        )
        if all(
            isinstance(record, msgspec.Struct)
            for records in page.layers.values()
            for record in records[:1]
        ):
            layers: dict[str, Any] = {
                layer: tuple(records) for layer, records in page.layers.items()
            }
            yield Row(
                page.file,
                page.line or 1,
                Document(doc_id=doc_id, text=page.text, segments=segments, **layers),
            )
        else:
            raw = {layer: list(page.layers.get(layer, ())) for layer in RECORD_TYPES}
            yield Row(
                page.file,
                page.line or 1,
                {
                    "doc_id": doc_id,
                    "text": page.text,
                    "segments": msgspec.to_builtins(segments),
                    **raw,
                },
            )
