"""Reads predictions from files of any format, or from memory, for the documents of the gold."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vinewsie.decoding import RawRecord
from vinewsie.findings import Finding
from vinewsie.formats import NATIVE, foreign
from vinewsie.formats.base import ParsedDocument
from vinewsie.formats.tags import DISCARD
from vinewsie.model import RECORD_TYPES, Document, Prediction, Unplaced
from vinewsie.packed import Packed
from vinewsie.reading import native
from vinewsie.reading.ahead import ReadAhead
from vinewsie.reading.checking import PredictionCheck
from vinewsie.reading.detect import InputFormat, format_of, parsed_documents
from vinewsie.reading.fast_checks import misplaced, suspicious, with_other_label
from vinewsie.reading.placing import Located, identified_documents, named_documents
from vinewsie.reading.plain import Holders, PlainLine, PlainReader, held_of, made, text_length
from vinewsie.reading.records import RawDocument, rows_of, without_collection
from vinewsie.reading.surfaces import RESOLVERS, SURFACE


@dataclass
class ReadPredictions:
    """Predictions as read: one for each document that they have, with all findings."""

    by_doc: Mapping[str, Prediction] = field(default_factory=dict)
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
    """The entities of ``by_doc`` in its order, where they were packed."""


def read_predictions(
    source: Path | Iterable[object] | ReadAhead[Prediction],
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
    with without_collection():
        result = _read(source, documents, labels, input_format or InputFormat(), resolve)
    if skip_invalid:
        result.findings = [dataclasses.replace(f, severity="warning") for f in result.findings]
    return result


def _read(
    source: Path | Iterable[object] | ReadAhead[Prediction],
    documents: Mapping[str, Document],
    labels: frozenset[str] | None,
    chosen: InputFormat,
    resolve: str,
) -> ReadPredictions:
    findings: list[Finding] = []
    reader = source.reader() if isinstance(source, ReadAhead) else PlainReader(Prediction)
    located: list[Located]
    name = (chosen.format or format_of(source)) if isinstance(source, Path) else NATIVE
    if isinstance(source, Path) and name != NATIVE:
        parsed = parsed_documents(source, name, chosen.options, findings)
        located = [*identified_documents(parsed, documents, findings)]
    else:
        rows = (
            rows_of(source) if isinstance(source, Path) else map(_row, itertools.count(1), source)
        )
        found = native.predictions(rows, findings, reader)
        located = list(named_documents(found, documents, findings))
    result = _checked(located, documents, labels, resolve, reader.packed())
    for one in located:
        result.offered.update(("entities",) if isinstance(one, PlainLine) else one.layers)
        result.offered.update(u.layer for u in getattr(one, "unplaced", ()))
    if name != NATIVE and not foreign()[name].mentions:
        result.offered |= foreign()[name].holds.keys()
    if chosen.options.repair == DISCARD:
        result.resolved.add(DISCARD)
    result.findings[:0] = findings
    if name == NATIVE:
        # Each step appended its findings; a reader wants them in the order of the lines.
        result.findings.sort(key=lambda finding: (finding.file or "", finding.line or 0))
    return result


def _row(number: int, value: object) -> RawDocument:
    return value if isinstance(value, RawDocument) else RawDocument(None, number, value)


def _checked(
    located: Sequence[Located],
    documents: Mapping[str, Document],
    labels: frozenset[str] | None,
    resolve: str,
    plain: Packed,
) -> ReadPredictions:
    """The predictions for documents of the gold; only those that may have a finding are checked
    record by record.

    Args:
        located: the predicted documents.
        documents: the gold documents by id.
        labels: the labels that mentions may carry; None for any.
        resolve: how surfaces without offsets are placed.
        plain: the entities of the plain documents, by number.
    """
    result = ReadPredictions()
    cleared, others = _cleared(located, documents, labels, plain)
    by_doc: dict[str, Prediction | PlainLine[Prediction]] = {}
    rows: dict[str, int] = {}
    for one, row, held in zip(located, *cleared, strict=True):
        doc_id = one.doc_id or ""
        found: list[Finding] = []
        if held is None:
            check = PredictionCheck(documents[doc_id], labels, resolve)
            held, found = check.prediction(_parsed(one)), check.findings
            result.resolved |= check.resolved
        if doc_id in by_doc:
            message = f"doc_id {doc_id!r} stands above already"
            found.append(Finding("duplicate-document", message))
            held = _with_spurious(made(by_doc[doc_id]), made(held))
        elif isinstance(one, ParsedDocument) and one.info is not None:
            result.info[doc_id] = dict(one.info)
        rows[doc_id] = row if doc_id not in by_doc else -1
        by_doc[doc_id] = held
        result.findings += [finding.at(one.file, one.line, doc_id) for finding in found]
    if any(isinstance(one, ParsedDocument) and one.aligned for one in located):
        result.resolved.add("aligned")
    result.by_doc = Holders(by_doc)
    result.packed = _packed(by_doc, rows, [plain, others])
    return result


def _packed(
    by_doc: Mapping[str, Prediction | PlainLine[Prediction]],
    rows: Mapping[str, int],
    parts: Sequence[Packed],
) -> Packed:
    """The entities of predictions in their order.

    Args:
        by_doc: the predictions.
        rows: the number of each among the documents of the parts; -1 if it is in none.
        parts: entities that were packed before.
    """
    new = [made(by_doc[doc_id]) for doc_id, row in rows.items() if row < 0]
    number = itertools.count(sum(len(part.sizes) for part in parts))
    index = [row if row >= 0 else next(number) for row in rows.values()]
    if new:
        parts = [*parts, Packed.of(new, "entities")]
    return Packed.joined(parts).take(np.array(index, dtype=np.int64))


Held = Prediction | PlainLine[Prediction] | None


def _cleared(
    located: Sequence[Located],
    documents: Mapping[str, Document],
    labels: frozenset[str] | None,
    plain: Packed,
) -> tuple[tuple[list[int], list[Held]], Packed]:
    """Clears the predicted documents that need no full validation.

    Args:
        located: the predicted documents.
        documents: the gold documents by id.
        labels: the labels that mentions may carry; None for any.
        plain: the entities of the plain documents, by number.

    Returns:
        For each document its row among the plain and the other packed documents (-1 for none), and
        its prediction (None if it is not cleared); and the packed entities of the others.
    """
    rows, held = [-1] * len(located), list[Held]([None] * len(located))
    lines = [(n, one) for n, one in enumerate(located) if isinstance(one, PlainLine)]
    numbers = np.array([line.number for _, line in lines], dtype=np.int64)
    lengths = [text_length(held_of(documents, line.doc_id)) for _, line in lines]
    taken = plain.take(numbers)
    wrong = misplaced(taken, np.array(lengths, dtype=np.int64))
    if labels is not None:
        wrong |= with_other_label(taken, labels)
    in_doubt = np.bincount(taken.doc[wrong], minlength=len(lines)).tolist()
    for (number, line), doubts in zip(lines, in_doubt, strict=True):
        if not doubts:
            rows[number], held[number] = line.number, line
    whole = [
        (n, _prediction(parsed))
        for n, parsed in enumerate(located)
        if isinstance(parsed, ParsedDocument)
        and not any(RawRecord in map(type, records) for records in parsed.layers.values())
    ]
    holders = [holder for _, holder in whole]
    packed = Packed.of(holders, "entities")
    golds = [documents[holder.doc_id] for holder in holders]
    doubtful = suspicious(golds, holders, packed, gold=False, labels=labels).tolist()
    for row, ((number, holder), doubts) in enumerate(zip(whole, doubtful, strict=True)):
        if not doubts:
            rows[number], held[number] = len(plain.sizes) + row, holder
    return (rows, held), packed


def _parsed(located: Located) -> ParsedDocument:
    if isinstance(located, ParsedDocument):
        return located
    layers = {"entities": located.holder().entities}
    return ParsedDocument(layers, doc_id=located.doc_id, file=located.file, line=located.line)


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
