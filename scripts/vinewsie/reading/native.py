"""The native format: JSON Lines, one document a line, for gold documents and for predictions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from vinewsie.decoding import read_object, without_surfaces
from vinewsie.files import write_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import RECORD_TYPES, Document, Prediction, Segment, Unplaced
from vinewsie.packed import Packed
from vinewsie.reading.fast_checks import suspicious
from vinewsie.reading.predicted import PredictionReader, as_warning
from vinewsie.reading.records import Row, json_value, rows_of
from vinewsie.reading.surfaces import SURFACE
from vinewsie.scheme.checks import check_structure

R = TypeVar("R", bound=msgspec.Struct)


@dataclass
class ReadPredictions:
    """Predictions as read: by document, with all findings, and whether any record was placed by its
    surface.
    """

    by_doc: dict[str, Prediction] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    resolved: set[str] = field(default_factory=set)
    """How records without a place of their own were placed (``surface``, ``letters``, ``aligned``);
    empty if all had theirs.
    """
    info: dict[str, Any] = field(default_factory=dict)
    """What extractors said about their work, by document."""
    packed: Packed | None = None
    """The entities of ``by_doc`` in its order, where nothing had to be read slowly."""


def read_gold(rows: Iterable[Row], *, foreign: bool = False) -> tuple[dict[str, Document], Packed]:
    """Reads gold documents; also gives their entities packed.

    With ``foreign``, spans may have white space at their edges and cross line breaks, as other
    corpora's do.

    Raises:
        FindingsError: with everything that is wrong with them.
    """
    findings: list[Finding] = []
    documents: dict[str, Document] = {}
    places: list[Row] = []
    decoder = msgspec.json.Decoder(Document)
    for row in rows:
        document = row.data if isinstance(row.data, Document) else _as_record(row, decoder)
        if document is None:
            # Perhaps it only has what the record does not, such as the surfaces of a quotation's
            # spans.
            before = len(findings)
            raw = json_value(row, findings)
            if len(findings) > before:
                continue
            document, found = read_document(raw)
            findings += [f.at(row.file, row.line) for f in found]
            if document is None:
                continue
        if document.doc_id in documents:
            findings.append(
                Finding(
                    "duplicate-document",
                    f"doc_id {document.doc_id!r} stands above already",
                    file=row.file,
                    line=row.line,
                )
            )
            continue
        documents[document.doc_id] = document
        places.append(Row(row.file, row.line, None))
    kept = list(documents.values())
    packed = Packed.of(kept, "entities")
    for index in np.flatnonzero(
        suspicious(kept, kept, packed, gold=not foreign, labels=None)
    ).tolist():
        found = list(check_structure(kept[index], vocabularies=False))
        if foreign:
            found = [
                finding for finding in found if finding.code not in ("edge-space", "line-break")
            ]
        findings += [
            f.at(places[index].file, places[index].line, kept[index].doc_id) for f in found
        ]
    if not documents and not findings:
        findings.append(Finding("file", "there is no gold document in it"))
    if findings:
        raise FindingsError(findings)
    return documents, packed


def _as_record(row: Row, decoder: msgspec.json.Decoder[R]) -> R | None:
    """The record of a line that holds nothing but one; None for anything that needs a slower
    look.
    """
    try:
        if isinstance(row.data, bytes):
            return decoder.decode(row.data)
        return msgspec.convert(row.data, decoder.type) if type(row.data) is dict else None
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return None


def read_document(raw: object) -> tuple[Document | None, list[Finding]]:
    """A gold document of a parsed JSON object, record by record, so that all findings are found."""
    if not isinstance(raw, Mapping):
        return read_object(raw, Document)
    layers: dict[str, Any] = {"segments": Segment, **RECORD_TYPES}
    document, findings = read_object({k: v for k, v in raw.items() if k not in layers}, Document)
    records: dict[str, tuple[Any, ...]] = {}
    for layer, kind in layers.items():
        records[layer], found = _read_list(
            raw.get(layer, []), layer, kind, document.text if document is not None else ""
        )
        findings += found
    if document is None or findings:
        return None, [f.at(doc_id=str(raw.get("doc_id", ""))) for f in findings]
    return msgspec.structs.replace(document, **records), []


def _read_list(
    raw: object, layer: str, kind: Any, text: str
) -> tuple[tuple[Any, ...], list[Finding]]:
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
    resolve: str = SURFACE,
) -> ReadPredictions:
    """Reads predictions from a file, or from values in memory, and places every record in its
    document's text.

    Args:
        source: a JSON Lines or Parquet file, a folder of such files, or an iterable of parsed
            documents (mappings, :class:`~vinewsie.model.Prediction`) or of rows.
        documents: the gold documents by id; a prediction for any other is a finding.
        labels: the labels that predicted mentions may carry; None for any label in any layer.
        skip_invalid: turn records that are wrong into spurious answers instead of errors.
        resolve: how surfaces without offsets are placed: ``surface`` (as they stand) or ``letters``
            (see :mod:`vinewsie.text_map`).

    Returns:
        The predictions with all findings. Without ``skip_invalid`` they are fit for scoring only if
        none is an error.
    """
    result = ReadPredictions()
    fast: list[tuple[Row, Prediction]] = []
    slowly = 0
    rows = rows_of(source) if isinstance(source, Path) else map(_row, source, itertools.count(1))
    decoder = msgspec.json.Decoder(Prediction)
    reader = PredictionReader(documents, labels, skip_invalid, resolve)
    for row in rows:
        prediction = row.data if isinstance(row.data, Prediction) else _as_record(row, decoder)
        if prediction is not None and prediction.unplaced and prediction is not row.data:
            prediction = None  # only what runs here may say that it has lost something
        if (
            prediction is not None
            and prediction.doc_id in documents
            and prediction.doc_id not in result.by_doc
        ):
            result.by_doc[prediction.doc_id] = prediction
            fast.append((Row(row.file, row.line, prediction), prediction))
        else:
            slowly += 1
            _read_slowly(row, reader, result)
    holders = [prediction for _, prediction in fast]
    packed = Packed.of(holders, "entities")
    doubtful = suspicious(
        [documents[p.doc_id] for p in holders], holders, packed, gold=False, labels=labels
    )
    for index in np.flatnonzero(doubtful).tolist():
        row, prediction = fast[index]
        del result.by_doc[prediction.doc_id]
        _read_slowly(row, reader, result)
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


def _read_slowly(row: Row, reader: PredictionReader, result: ReadPredictions) -> None:
    """Reads one predicted document record by record, with every finding."""
    findings: list[Finding] = []
    raw = json_value(row, findings)
    if findings:
        # A line that is no JSON names no document, so nothing of it can be counted; the document is
        # then missing.
        result.findings += [as_warning(f) if reader.skip_invalid else f for f in findings]
        return
    read = reader.read(raw)
    prediction = read.prediction
    doc_id = raw.get("doc_id") if isinstance(raw, Mapping) else getattr(raw, "doc_id", None)
    found = [
        f.at(row.file, row.line, doc_id if isinstance(doc_id, str) else None) for f in read.findings
    ]
    if prediction is not None and prediction.doc_id in result.by_doc:
        duplicate = Finding(
            "duplicate-document",
            f"doc_id {prediction.doc_id!r} stands above already",
            file=row.file,
            line=row.line,
        )
        found.append(as_warning(duplicate) if reader.skip_invalid else duplicate)
        # What the second line says is skipped, and counts as spurious.
        first = result.by_doc[prediction.doc_id]
        again = [
            Unplaced(layer=layer, index=i, reason="invalid")
            for layer in RECORD_TYPES
            for i in range(len(getattr(prediction, layer)))
        ]
        result.by_doc[prediction.doc_id] = msgspec.structs.replace(
            first, unplaced=(*first.unplaced, *again, *prediction.unplaced)
        )
    elif prediction is not None:
        result.by_doc[prediction.doc_id] = prediction
        if read.info is not None:
            result.info[prediction.doc_id] = read.info
    result.findings += found
    result.resolved |= read.resolved


def encode(holder: Document | Prediction | Mapping[str, Any]) -> str:
    """One line of the native format, without the line end; a mapping is written as it is."""
    value = msgspec.to_builtins(holder)
    if isinstance(holder, Prediction):
        value = {k: v for k, v in value.items() if k == "doc_id" or v}
    return msgspec.json.encode(value).decode("utf-8")


def write(path: Path, holders: Iterable[Document | Prediction | Mapping[str, Any]]) -> None:
    """Writes documents or predictions, the file whole or not at all."""
    write_text(path, "".join(encode(holder) + "\n" for holder in holders))
