"""The native format: JSON Lines, one document a line, for gold documents and for predictions."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from vinewsie.columns import Packed
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.records import Row, json_value, read_object, rows_of, without_surfaces, write_text
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Prediction, Quote, Record, Segment, Unplaced
from vinewsie.soundness import suspicious
from vinewsie.text import SurfacePlacer
from vinewsie.validate import check_prediction_record, check_structure

R = TypeVar("R", bound=msgspec.Struct)

IGNORED = frozenset({"score"})
"""Fields of a predicted record that extractors like to add and that no measure reads."""


@dataclass
class ReadPredictions:
    """Predictions as read: by document, with all findings, and whether any record was placed by its surface."""

    by_doc: dict[str, Prediction] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    placed: bool = False
    packed: Packed | None = None
    """The entities of ``by_doc`` in its order, where nothing had to be read slowly."""


def read_gold(rows: Iterable[Row]) -> tuple[dict[str, Document], Packed]:
    """Reads gold documents; also gives their entities packed.

    Raises:
        FindingsError: with everything that is wrong with them.
    """
    findings: list[Finding] = []
    documents: dict[str, Document] = {}
    places: list[Row] = []
    decoder = msgspec.json.Decoder(Document)
    for row in rows:
        document = _as_record(row, decoder)
        if document is None:
            # Perhaps it only has what the record does not, such as the surfaces of a quotation's spans.
            before = len(findings)
            raw = json_value(row, findings)
            if len(findings) > before:
                continue
            document, found = read_document(raw)
            findings += [f.at(row.file, row.line) for f in found]
            if document is None:
                continue
        if document.doc_id in documents:
            findings.append(Finding("duplicate-document", f"doc_id {document.doc_id!r} stands above already", file=row.file, line=row.line))
            continue
        documents[document.doc_id] = document
        places.append(Row(row.file, row.line, None))
    kept = list(documents.values())
    packed = Packed.of(kept, "entities")
    for index in np.flatnonzero(suspicious(kept, kept, packed, gold=True, labels=None)).tolist():
        found = list(check_structure(kept[index], vocabularies=False))
        findings += [f.at(places[index].file, places[index].line, kept[index].doc_id) for f in found]
    if not documents and not findings:
        findings.append(Finding("file", "there is no gold document in it"))
    if findings:
        raise FindingsError(findings)
    return documents, packed


def _as_record(row: Row, decoder: msgspec.json.Decoder[R]) -> R | None:
    """The record of a line that holds nothing but one; None for anything that needs a slower look."""
    if not isinstance(row.data, bytes):
        return None
    try:
        return decoder.decode(row.data)
    except (msgspec.DecodeError, RecursionError):
        return None


def read_document(raw: object) -> tuple[Document | None, list[Finding]]:
    """A gold document of a parsed JSON object, record by record, so that all findings are found."""
    if not isinstance(raw, Mapping):
        return read_object(raw, Document)
    layers: dict[str, Any] = {"segments": Segment, **RECORD_TYPES}
    document, findings = read_object({k: v for k, v in raw.items() if k not in layers}, Document)
    records: dict[str, tuple[Any, ...]] = {}
    for layer, kind in layers.items():
        records[layer], found = _read_list(raw.get(layer, []), layer, kind, document.text if document is not None else "")
        findings += found
    if document is None or findings:
        return None, [f.at(doc_id=str(raw.get("doc_id", ""))) for f in findings]
    return msgspec.structs.replace(document, **records), []


def _read_list(raw: object, layer: str, kind: Any, text: str) -> tuple[tuple[Any, ...], list[Finding]]:
    if not isinstance(raw, list | tuple):
        return (), [Finding("wrong-type", f"{layer} must be a list of records", layer)]
    kept, findings = [], []
    for index, item in enumerate(raw):
        bare, mismatched = without_surfaces(item, text, layer, index)
        record, found = read_object(bare, kind, layer, index)
        findings += mismatched + found
        if record is not None:
            kept.append(record)
    return tuple(kept), findings


def read_predictions(
    source: Path | Iterable[object],
    documents: Mapping[str, Document],
    *,
    labels: frozenset[str] | None = None,
    skip_invalid: bool = False,
) -> ReadPredictions:
    """Reads predictions from a file, or from values in memory, and places every record in its document's text.

    Args:
        source: a JSON Lines or Parquet file, a folder of such files, or an iterable of parsed documents (mappings,
            :class:`~vinewsie.model.Prediction`) or of rows.
        documents: the gold documents by id; a prediction for any other is a finding.
        labels: the labels that predicted mentions may carry; None for any label in any layer.
        skip_invalid: turn records that are wrong into spurious answers instead of errors.

    Returns:
        The predictions with all findings. Without ``skip_invalid`` they are fit for scoring only if none is an error.
    """
    result = ReadPredictions()
    fast: list[tuple[Row, Prediction]] = []
    slowly = 0
    rows = rows_of(source) if isinstance(source, Path) else map(_row, source, itertools.count(1))
    decoder = msgspec.json.Decoder(Prediction)
    for row in rows:
        prediction = row.data if isinstance(row.data, Prediction) else _as_record(row, decoder)
        if prediction is not None and prediction.unplaced and row.file is not None:
            prediction = None  # only what runs here may say that it has lost something
        if prediction is not None and prediction.doc_id in documents and prediction.doc_id not in result.by_doc:
            result.by_doc[prediction.doc_id] = prediction
            fast.append((Row(row.file, row.line, prediction), prediction))
        else:
            slowly += 1
            _read_slowly(row, documents, labels, skip_invalid, result)
    holders = [prediction for _, prediction in fast]
    packed = Packed.of(holders, "entities")
    doubtful = suspicious([documents[p.doc_id] for p in holders], holders, packed, gold=False, labels=labels)
    for index in np.flatnonzero(doubtful).tolist():
        row, prediction = fast[index]
        del result.by_doc[prediction.doc_id]
        _read_slowly(row, documents, labels, skip_invalid, result)
        slowly += 1
    result.packed = None if slowly else packed
    result.findings.sort(key=lambda finding: (finding.file or "", finding.line or 0))
    return result


def _row(value: object, number: int) -> Row:
    if isinstance(value, Row):
        return value
    if isinstance(value, Document):
        value = msgspec.to_builtins(value)
    return Row(None, number, value)


def _read_slowly(
    row: Row, documents: Mapping[str, Document], labels: frozenset[str] | None, skip_invalid: bool, result: ReadPredictions
) -> None:
    """Reads one predicted document record by record, with every finding."""
    findings: list[Finding] = []
    raw = json_value(row, findings)
    if findings:
        # A line that is no JSON names no document, so nothing of it can be counted; the document is then missing.
        result.findings += [_as_warning(f) if skip_invalid else f for f in findings]
        return
    reader = _PredictionReader(documents, labels, skip_invalid)
    prediction = reader.read(raw)
    doc_id = raw.get("doc_id") if isinstance(raw, Mapping) else getattr(raw, "doc_id", None)
    found = [f.at(row.file, row.line, doc_id if isinstance(doc_id, str) else None) for f in reader.findings]
    if prediction is not None and prediction.doc_id in result.by_doc:
        duplicate = Finding("duplicate-document", f"doc_id {prediction.doc_id!r} stands above already", file=row.file, line=row.line)
        found.append(_as_warning(duplicate) if skip_invalid else duplicate)
        # What the second line says is skipped, and counts as spurious.
        first = result.by_doc[prediction.doc_id]
        again = [Unplaced(layer=layer, index=i, reason="invalid") for layer in RECORD_TYPES for i in range(len(getattr(prediction, layer)))]
        result.by_doc[prediction.doc_id] = msgspec.structs.replace(first, unplaced=(*first.unplaced, *again, *prediction.unplaced))
    elif prediction is not None:
        result.by_doc[prediction.doc_id] = prediction
    result.findings += found
    result.placed |= reader.placed


def _as_warning(finding: Finding) -> Finding:
    """The finding as a warning: reported, but not in the way of scoring."""
    return dataclasses.replace(finding, severity="warning")


class _Head(Record, frozen=True, kw_only=True):
    """What a predicted document has beside its records."""

    doc_id: str
    entities: object = None
    dates: object = None
    marks: object = None
    quotes: object = None


class _PredictionReader:
    """Reads one predicted document; collects findings and whether surfaces had to be placed."""

    def __init__(self, documents: Mapping[str, Document], labels: frozenset[str] | None, skip_invalid: bool) -> None:
        self._documents, self._labels, self._skip = documents, labels, skip_invalid
        self.findings: list[Finding] = []
        self.placed = False
        self._at = ("", 0)

    def read(self, raw: object) -> Prediction | None:
        unplaced: tuple[Unplaced, ...] = ()
        if isinstance(raw, Prediction):
            unplaced = raw.unplaced
            raw = {key: value for key, value in msgspec.to_builtins(raw).items() if key != "unplaced"}
        head = raw
        if isinstance(raw, Mapping):
            # A gold file is a prediction too: of what only gold has, the text is compared and the segments are not looked at.
            dropped = {"text", "segments", *RECORD_TYPES, *(() if raw.get("unplaced") else ("unplaced",))}
            head = {k: v for k, v in raw.items() if k not in dropped}
        known, found = read_object(head, _Head)
        if self._skip and isinstance(raw, Mapping) and isinstance(raw.get("doc_id"), str):
            known = _Head(doc_id=raw["doc_id"])  # a field too many costs nothing but itself
        self._report(found)
        if known is None or not isinstance(raw, Mapping):
            return None
        prediction = Prediction(doc_id=known.doc_id)
        document = self._documents.get(prediction.doc_id)
        if document is None:
            there = ", ".join(list(self._documents)[:5]) + (", …" if len(self._documents) > 5 else "")
            self._report([Finding("unknown-document", f"doc_id {prediction.doc_id!r} is not in the gold, which has {there}")])
            return None
        if isinstance(raw.get("text"), str) and raw["text"] != document.text:
            self._report([Finding("text-mismatch", f"text is not that of {prediction.doc_id}; offsets in another text are worth nothing")])
        records: dict[str, tuple[AnyRecord, ...]] = {}
        lost: list[Unplaced] = list(unplaced)
        for layer in RECORD_TYPES:
            given = raw.get(layer)
            records[layer], gone = self._read_layer([] if given is None else given, layer, document)
            lost += gone
        self._check_references(records["quotes"])
        return msgspec.structs.replace(prediction, unplaced=tuple(lost), **records)

    def _check_references(self, quotes: Sequence[Any]) -> None:
        """Parents that lead nowhere do not keep a quotation from being scored, but deserve a word."""
        ids = [quote.id for quote in quotes]
        for index, quote in enumerate(quotes):
            if quote.id is not None and ids.count(quote.id) > 1:
                self.findings.append(Finding("duplicate-id", f"id {quote.id!r} stands twice", "quotes", index, severity="warning"))
            if quote.parent is not None and (quote.parent == quote.id or quote.parent not in ids):
                message = f"parent {quote.parent!r} is no other quotation of this document; the quotation counts as outermost"
                self.findings.append(Finding("reference", message, "quotes", index, severity="warning"))

    def _report(self, findings: Iterable[Finding]) -> None:
        self.findings += [_as_warning(f) if self._skip else f for f in findings]

    def _read_layer(self, raw: object, layer: str, document: Document) -> tuple[tuple[AnyRecord, ...], list[Unplaced]]:
        if not isinstance(raw, list | tuple):
            self._report([Finding("wrong-type", f"{layer} must be a list of records", layer)])
            return (), []
        placer = SurfacePlacer(document.text)
        kept: list[AnyRecord] = []
        lost: list[Unplaced] = []
        for index, item in enumerate(raw):
            self._at = (layer, index)
            placed, missing = self._place(item, layer, document.text, placer)
            label = item.get("type" if layer in ("entities", "dates") else "kind") if isinstance(item, Mapping) else None
            label = label if isinstance(label, str) else None
            if missing is not None:
                message = f"{missing!r} does not occur in the text (again); it counts as spurious"
                self.findings.append(Finding("not-in-text", message, layer, index, severity="warning"))
                lost.append(Unplaced(layer=layer, index=index, reason="not_in_text", text=missing, label=label))
                continue
            bare, found = without_surfaces(placed, document.text, layer, index)
            record, wrong = read_object(bare, RECORD_TYPES[layer], layer, index)
            found += wrong
            if record is not None:
                found = [*found, *check_prediction_record(record, layer, index, document.text, self._labels)]
            self._report(found)
            if record is not None and not errors(found):
                kept.append(record)
                if not isinstance(record, Quote):
                    placer.take(record.start, record.end)
            else:
                lost.append(Unplaced(layer=layer, index=index, reason="invalid", label=label))
        return tuple(kept), lost

    def _place(self, raw: object, layer: str, text: str, placer: SurfacePlacer) -> tuple[object, str | None]:
        """The raw record with offsets where it gave surfaces; and the surface that has no place, if any."""
        if not isinstance(raw, Mapping):
            return raw, None
        record: dict[str, Any] = {k: v for k, v in raw.items() if k not in IGNORED}
        if layer == "quotes":
            return self._place_quote(record, text, placer)
        if _surface_only(record):
            span = placer.place(record["text"])
            if span is None:
                return record, record["text"]
            self.placed = True
            record |= {"start": span.start, "end": span.end}
        return record, None

    def _place_quote(self, record: dict[str, Any], text: str, placer: SurfacePlacer) -> tuple[object, str | None]:
        if "content" not in record and isinstance(record.get("text"), str):
            record["content"] = [{"text": record.pop("text")}]
        content = record.get("content")
        if not isinstance(content, Sequence) or isinstance(content, str):
            return record, None
        parts: list[Any] = []
        for part in content:
            if isinstance(part, Mapping) and _surface_only(part):
                span = placer.place(part["text"])
                if span is None:
                    return record, part["text"]
                self.placed = True
                parts.append({"start": span.start, "end": span.end})
            else:
                parts.append(part)
        record["content"] = parts
        first = parts[0].get("start") if parts and isinstance(parts[0], Mapping) else None
        near = first if isinstance(first, int) else 0
        for name in ("source", "medium"):
            if name in record:
                record[name] = self._near(record[name], text, near)
        if isinstance(record.get("cue"), list | tuple):
            record["cue"] = [found for part in record["cue"] if (found := self._near(part, text, near)) is not None]
        return record, None

    def _near(self, part: object, text: str, near: int) -> object:
        """A part of a quotation given as a surface, on the occurrence nearest to the quotation's content; None if it does not occur."""
        if not isinstance(part, Mapping) or not _surface_only(part):
            return part
        starts = []
        start = text.find(part["text"]) if part["text"] else -1
        while start >= 0:
            starts.append(start)
            start = text.find(part["text"], start + 1)
        if not starts:
            message = f"{part['text']!r} does not occur in the text; the quotation counts as one without it"
            self.findings.append(Finding("not-in-text", message, *self._at, severity="warning"))
            return None
        self.placed = True
        best = min(starts, key=lambda s: (abs(s - near), s))
        return {"start": best, "end": best + len(part["text"])}


def _surface_only(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("text"), str) and record.get("start") is None and record.get("end") is None


def encode(holder: Document | Prediction | Mapping[str, Any]) -> str:
    """One line of the native format, without the line end; a mapping is written as it is."""
    value = msgspec.to_builtins(holder)
    if isinstance(holder, Prediction):
        value = {k: v for k, v in value.items() if k == "doc_id" or v}
    return msgspec.json.encode(value).decode("utf-8")


def write(path: Path, holders: Iterable[Document | Prediction | Mapping[str, Any]]) -> None:
    """Writes documents or predictions, the file whole or not at all."""
    write_text(path, "".join(encode(holder) + "\n" for holder in holders))
