"""Reads predictions from files of any format, or from memory, for the documents of the gold."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import RawRecord
from vinewsie.findings import Finding
from vinewsie.formats import NATIVE, foreign
from vinewsie.formats.base import ParsedDocument
from vinewsie.model import RECORD_TYPES, Document, Prediction, Unplaced
from vinewsie.packed import Packed
from vinewsie.reading import native
from vinewsie.reading.checking import PredictionCheck
from vinewsie.reading.detect import InputFormat, format_of, parsed_documents
from vinewsie.reading.fast_checks import suspicious
from vinewsie.reading.placing import identified_documents, named_documents
from vinewsie.reading.records import RawDocument, rows_of
from vinewsie.reading.surfaces import RESOLVERS, SURFACE


@dataclass
class ReadPredictions:
    """Predictions as read: one for each document that they have, with all findings."""

    by_doc: dict[str, Prediction] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    resolved: set[str] = field(default_factory=set)
    """How records without a place of their own were placed (``surface``, ``letters``, ``aligned``);
    empty if all had theirs.
    """
    info: dict[str, Any] = field(default_factory=dict)
    """The reports of extractors about their work, by document."""
    offered: set[str] = field(default_factory=set)
    """The layers that the source mentions, be it with an empty list; of a foreign format, the
    layers that it can hold.
    """
    packed: Packed | None = None
    """The entities of ``by_doc`` in its order, if no document needed full validation."""


def read_predictions(
    source: Path | Iterable[object],
    documents: Mapping[str, Document],
    *,
    labels: frozenset[str] | None = None,
    skip_invalid: bool = False,
    input_format: InputFormat | None = None,
    resolve: str = SURFACE,
) -> ReadPredictions:
    """Reads predictions and places every record in its document's text.

    Args:
        source: a file or folder of any format, or an iterable of parsed documents of the native
            format (mappings, :class:`~vinewsie.model.Prediction`,
            :class:`~vinewsie.model.Document`) or of rows.
        documents: the gold documents by id; a prediction for any other is a finding.
        labels: the labels that predicted mentions may carry; None for any label in any layer.
        skip_invalid: turn records that are wrong into spurious answers instead of errors.
        input_format: the format of a file, where its content should not tell it.
        resolve: how surfaces without offsets are placed, one of
            :data:`~vinewsie.reading.surfaces.RESOLVERS`.

    Returns:
        The predictions with all findings. Without ``skip_invalid`` they are fit for scoring only if
        none is an error.

    Raises:
        FindingsError: the file cannot be read, or is of no known format.
    """
    if resolve not in RESOLVERS:
        raise ValueError(f"resolve is {resolve!r}; there are {', '.join(RESOLVERS)}")
    findings: list[Finding] = []
    chosen = input_format or InputFormat()
    name = (chosen.format or format_of(source)) if isinstance(source, Path) else NATIVE
    if isinstance(source, Path) and name != NATIVE:
        parsed = parsed_documents(source, name, chosen.options, findings)
        located = list(identified_documents(parsed, documents, findings))
    else:
        rows = (
            rows_of(source) if isinstance(source, Path) else map(_row, itertools.count(1), source)
        )
        located = list(named_documents(native.predictions(rows, findings), documents, findings))
    result = _checked(located, documents, labels, resolve)
    result.offered.update(*(parsed.layers for parsed in located))
    result.offered.update(u.layer for parsed in located for u in parsed.unplaced)
    if name != NATIVE:
        result.offered |= foreign()[name].holds.keys()
    result.findings[:0] = findings
    if name == NATIVE:
        # Each step appended its findings; a reader wants them in the order of the lines.
        result.findings.sort(key=lambda finding: (finding.file or "", finding.line or 0))
    if skip_invalid:
        result.findings = [dataclasses.replace(f, severity="warning") for f in result.findings]
    return result


def _row(number: int, value: object) -> RawDocument:
    return value if isinstance(value, RawDocument) else RawDocument(None, number, value)


def _checked(
    located: Sequence[ParsedDocument],
    documents: Mapping[str, Document],
    labels: frozenset[str] | None,
    resolve: str,
) -> ReadPredictions:
    """The predictions for documents of the gold; only those that may have a finding are checked
    record by record.
    """
    result = ReadPredictions()
    cleared, packed = _cleared(located, documents, labels)
    for parsed, prediction in zip(located, cleared, strict=True):
        doc_id = parsed.doc_id or ""
        found: list[Finding] = []
        if prediction is None:
            check = PredictionCheck(documents[doc_id], labels, resolve)
            prediction, found = check.prediction(parsed), check.findings
            result.resolved |= check.resolved
        if doc_id in result.by_doc:
            message = f"doc_id {doc_id!r} stands above already"
            found.append(Finding("duplicate-document", message))
            prediction = _with_spurious(result.by_doc[doc_id], prediction)
            packed = None
        elif parsed.info is not None:
            result.info[doc_id] = dict(parsed.info)
        result.by_doc[doc_id] = prediction
        result.findings += [finding.at(parsed.file, parsed.line, doc_id) for finding in found]
    if any(parsed.aligned for parsed in located):
        result.resolved.add("aligned")
    result.packed = packed
    return result


def _cleared(
    located: Sequence[ParsedDocument],
    documents: Mapping[str, Document],
    labels: frozenset[str] | None,
) -> tuple[list[Prediction | None], Packed | None]:
    """The predictions of those documents that the pre-check clears, None for each other one; and
    the packed entities if it clears all.
    """
    whole = [
        number
        for number, parsed in enumerate(located)
        if not any(RawRecord in map(type, records) for records in parsed.layers.values())
    ]
    holders = [_prediction(located[number]) for number in whole]
    packed = Packed.of(holders, "entities")
    golds = [documents[holder.doc_id] for holder in holders]
    doubtful = suspicious(golds, holders, packed, gold=False, labels=labels).tolist()
    cleared: list[Prediction | None] = [None] * len(located)
    for number, holder, in_doubt in zip(whole, holders, doubtful, strict=True):
        if not in_doubt:
            cleared[number] = holder
    return cleared, None if None in cleared else packed


def _prediction(parsed: ParsedDocument) -> Prediction:
    layers: dict[str, Any] = {layer: tuple(records) for layer, records in parsed.layers.items()}
    return Prediction(doc_id=parsed.doc_id or "", unplaced=parsed.unplaced, **layers)


def _with_spurious(first: Prediction, second: Prediction) -> Prediction:
    """The first prediction for a document; all records of the second one count as spurious."""
    again = [
        Unplaced(layer=layer, index=index, reason="invalid")
        for layer in RECORD_TYPES
        for index in range(len(getattr(second, layer)))
    ]
    return msgspec.structs.replace(first, unplaced=(*first.unplaced, *again, *second.unplaced))
