"""The errors of a run: counted as columns, made as records when they are read or written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import msgspec
import numpy as np

from vinewsie.files import writing
from vinewsie.findings import VinewsieError
from vinewsie.markup import element, shown, table, view
from vinewsie.model import AnyRecord, Document, Prediction, Quote, Unplaced, records_of
from vinewsie.packed import Ints, Packed
from vinewsie.reading.records import without_collection
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned, Answers
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import ErrorKind, ErrorRecord

if TYPE_CHECKING:
    import pyarrow as pa

ERROR_KINDS = ("wrong", "boundary", "missed", "spurious")
"""The kinds of errors in their order: an aligned pair that is wrong (of an accuracy), a prediction
that is right by half, a gold answer without a match, a prediction without a match.
"""
SUFFIXES = (".jsonl", ".parquet")
"""The endings of files that errors are written to."""
_SHOWN = 20
"""Errors that a notebook shows."""
_CHUNK = 50_000
"""Errors that are in memory at the same time while they are written."""


@dataclass(frozen=True, eq=False)
class ErrorGroup:
    """The errors of one kind of one measure.

    Args:
        corpus: gold and predictions.
        measure: the measure.
        kind: the kind.
        gold: whether they are gold answers.
        labels: the labels by code.
        answers: the answers that are errors, by document.
    """

    corpus: Corpus
    measure: Measure
    kind: ErrorKind
    gold: bool
    labels: Sequence[str]
    answers: Answers

    def records(self) -> Iterator[ErrorRecord]:
        """The errors as records."""
        corpus, definition, values = self.corpus, self.measure.definition, self.measure.values
        holders: Sequence[Document | Prediction] = corpus.golds if self.gold else corpus.predictions
        known = self.gold or definition.predicted_as_records
        name, kind, zones = str(self.measure), self.kind, corpus.units.zones
        zone = corpus.units.zone[self.answers.unit]
        columns = (self.answers.doc, self.answers.record, self.answers.label, zone)
        last, text, doc_id = -1, "", ""
        of_document: tuple[AnyRecord, ...] = ()
        lost: Sequence[Unplaced] = ()
        places: Sequence[int] = ()
        for doc, record, label, zone_code in zip(*(c.tolist() for c in columns), strict=True):
            if doc != last:
                last, text, doc_id = doc, corpus.golds[doc].text, corpus.golds[doc].doc_id
                holder = holders[doc]
                of_document = records_of(holder, definition.records) if known else ()
                unplaced = holder.unplaced if isinstance(holder, Prediction) else ()
                lost = [u for u in unplaced if u.layer == definition.records]
                places = _given_places(len(of_document), lost)
            error: ErrorRecord = {
                "measure": name,
                "doc_id": doc_id,
                "error": kind,
                "label": self.labels[label],
                "zone": zones[zone_code],
                "index": record,
            }
            if known and record >= len(of_document):
                surface = lost[record - len(of_document)]
                error["index"] = surface.index
                if surface.text is not None:
                    error["text"] = surface.text
            elif known:
                error["index"] = places[record]
                found = of_document[record]
                spans = found.content if isinstance(found, Quote) else (found,)
                error["id"] = found.id
                error["spans"] = [[span.start, span.end] for span in spans]
                error["text"] = " … ".join([text[span.start : span.end] for span in spans])
                speakers = definition.speakers_of_error(corpus, values, self.gold, doc, record)
                if speakers:
                    error = {**error, **speakers}
            yield error

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The errors as columns: from those of the spans where there are some, else from records.

        Args:
            schema: the columns, those of a record and in its order.
        """
        import pyarrow as pa

        packed = self._packed()
        if packed is None:
            records = self.records()
            while chunk := list(islice(records, _CHUNK)):
                yield pa.RecordBatch.from_pylist(chunk, schema=schema)
            return
        first = np.cumsum(packed.sizes) - packed.sizes
        for begin in range(0, len(self.answers), _CHUNK):
            part = self.answers.take(np.arange(begin, min(begin + _CHUNK, len(self.answers))))
            columns = {**self._names(part), **self._places(part, packed, first)}
            missing = {field.name: pa.nulls(len(part), field.type) for field in schema}
            arrays = [(missing | columns)[name] for name in schema.names]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _packed(self) -> Packed | None:
        """The packed records of the errors' side, if all that an error has of them is there."""
        if self.measure.definition.records != "entities":
            return None
        packed = self.corpus.packed.get(self.gold)
        if packed is None or "id" in packed.given:
            return None
        placed = self.answers.record < packed.sizes[self.answers.doc]
        return packed if placed.all() else None

    def _names(self, part: Answers) -> dict[str, pa.Array]:
        """The columns that every error has."""
        import pyarrow as pa

        units = self.corpus.units

        def named(names: Sequence[str], codes: Ints) -> pa.Array:
            return pa.array(names, pa.string()).take(pa.array(codes))

        alike = np.zeros(len(part), dtype=np.int64)
        docs, doc = np.unique(part.doc, return_inverse=True)
        return {
            "measure": named([str(self.measure)], alike),
            "doc_id": named([self.corpus.golds[n].doc_id for n in docs.tolist()], doc),
            "error": named([self.kind], alike),
            "label": named(self.labels, part.label),
            "zone": named(units.zones, units.zone[part.unit]),
            "index": pa.array(part.record),
        }

    def _places(self, part: Answers, packed: Packed, first: Ints) -> dict[str, pa.Array]:
        """The spans and the words of errors."""
        import pyarrow as pa

        row = first[part.doc] + part.record
        bounds = np.stack([packed.start[row], packed.end[row]], axis=1)
        each = np.arange(len(part) + 1)
        pairs = pa.ListArray.from_arrays(pa.array(2 * each, pa.int32()), pa.array(bounds.ravel()))
        spans = pa.ListArray.from_arrays(pa.array(each, pa.int32()), pairs)
        golds = self.corpus.golds
        text, last, words = "", -1, []
        for doc, (start, end) in zip(part.doc.tolist(), bounds.tolist(), strict=True):
            if doc != last:
                last, text = doc, golds[doc].text
            words.append(text[start:end])
        return {"spans": spans, "text": pa.array(words, pa.string())}


def _given_places(count: int, lost: Sequence[Unplaced]) -> Sequence[int]:
    """The places that records had among those that were given.

    Args:
        count: the number of records that have a place in the text.
        lost: the surfaces that have none.
    """
    others = {unplaced.index for unplaced in lost}
    if not others:
        return range(count)
    return [place for place in range(count + len(others)) if place not in others]


def errors_of(corpus: Corpus, measure: Measure, aligned: Aligned) -> list[ErrorGroup]:
    """Every error of a measure, by kind, then in the order of the answers.

    Args:
        corpus: gold and predictions.
        measure: the measure.
        aligned: its alignment, filtered.
    """

    def group(kind: ErrorKind, gold: bool, index: Ints) -> ErrorGroup:
        answers = (aligned.gold if gold else aligned.predicted).take(index)
        if (np.diff(answers.doc) < 0).any():
            answers = answers.take(np.argsort(answers.doc, kind="stable"))
        return ErrorGroup(corpus, measure, kind, gold, aligned.labels, answers)

    if measure.definition.kind == "accuracy":
        mistake = FULL if measure.definition.lower_is_better else WRONG
        return [group("wrong", True, np.sort(aligned.pair_gold[aligned.credit == mistake]))]
    matching = aligned.credit > WRONG
    return [
        group("boundary", False, np.sort(aligned.pair_predicted[aligned.credit == HALF])),
        group("missed", True, _others(len(aligned.gold), aligned.pair_gold[matching])),
        group("spurious", False, _others(len(aligned.predicted), aligned.pair_predicted[matching])),
    ]


def _others(count: int, index: Ints) -> Ints:
    """The indices below ``count`` that are not given."""
    other = np.ones(count, dtype=np.bool_)
    other[index] = False
    return np.flatnonzero(other)


class ErrorList(Sequence[ErrorRecord]):
    """Errors by measure, kind and document; their number is known before they are made."""

    def __init__(self, groups: Sequence[ErrorGroup]) -> None:
        self._groups = groups

    def only(self, measures: Collection[Measure]) -> ErrorList:
        """The errors of some measures."""
        return ErrorList([group for group in self._groups if group.measure in measures])

    def stream(self) -> Iterator[ErrorRecord]:
        """The errors one by one; they are not kept."""
        for group in self._groups:
            yield from group.records()

    @cached_property
    def _made(self) -> list[ErrorRecord]:
        return list(self.stream())

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The errors as columns, in parts."""
        for group in self._groups:
            yield from group.batches(schema)

    def __len__(self) -> int:
        return sum(len(group.answers) for group in self._groups)

    def __iter__(self) -> Iterator[ErrorRecord]:
        return iter(self._made)

    @overload
    def __getitem__(self, index: int) -> ErrorRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[ErrorRecord]: ...

    def __getitem__(self, index: int | slice) -> ErrorRecord | list[ErrorRecord]:
        return self._made[index]

    def _repr_html_(self) -> str:
        """The first errors as a table, for a notebook."""
        headers = ("measure", "error", "label", "words", "document", "zone")
        fields = ("measure", "error", "label", "text", "doc_id", "zone")
        first = list(islice(self.stream(), _SHOWN))
        rows = [[shown(str(error.get(name, ""))) for name in fields] for error in first]
        count = f"{len(self)} errors" + (f", the first {_SHOWN}:" if len(self) > _SHOWN else "")
        table_of_errors = table(headers, rows, "l" * len(headers), wide=("words",))
        return view(element("p", count) + table_of_errors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == list(other)

    __hash__ = None  # type: ignore[assignment]


class ErrorFileError(VinewsieError):
    """Errors cannot be written to a file of this name."""

    exit_code = 2


def check_error_file(path: Path) -> None:
    """Checks that errors can be written to a file of this name.

    Raises:
        ErrorFileError: the name ends in something else than :data:`SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise ErrorFileError(f"errors are written to .jsonl or .parquet; {path} ends in neither")


def write_errors(path: Path, errors: Sequence[ErrorRecord]) -> None:
    """Writes errors as JSON Lines or as Parquet, by the ending of the file; whole or not at all.

    In Parquet, a field that an error does not have is null.

    Args:
        path: the file, which ends in one of :data:`SUFFIXES`.
        errors: the errors.

    Raises:
        ErrorFileError: the name of the file ends in something else.
    """
    check_error_file(path)
    with without_collection(), writing(path) as file:
        if path.suffix == ".jsonl":
            records = errors.stream() if isinstance(errors, ErrorList) else iter(errors)
            encoder = msgspec.json.Encoder()
            while chunk := list(islice(records, _CHUNK)):
                file.write(encoder.encode_lines(chunk))
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = _schema()
        with pq.ParquetWriter(file, schema) as writer:
            if isinstance(errors, ErrorList):
                for batch in errors.batches(schema):
                    writer.write_batch(batch)
            else:
                writer.write_table(pa.Table.from_pylist(list(errors), schema=schema))


def _schema() -> Any:
    """The columns of errors in Parquet."""
    import pyarrow as pa

    speaker = {"given": pa.string(), "by": pa.string(), "readings": pa.list_(pa.string())}
    return pa.schema(
        {
            **dict.fromkeys(("measure", "doc_id", "error", "label", "zone"), pa.string()),
            "index": pa.int64(),
            "id": pa.string(),
            "spans": pa.list_(pa.list_(pa.int64())),
            "text": pa.string(),
            "gold_speakers": pa.list_(pa.string()),
            "speakers": pa.list_(pa.struct(speaker)),
        }
    )
