"""Records as columns of integers. Scoring works on these columns, not on record objects.

All documents share one coordinate: a span's global offset is its offset plus the base of its
document. Bases lie further apart than texts are long, so spans of different documents never
overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from vinewsie.model import Document, Prediction
from vinewsie.packed import Codes, Ints, Mask, Packed
from vinewsie.reading.plain import not_plain, records_in, text_lengths
from vinewsie.registry import Registry
from vinewsie.scheme.dates import canonical_value
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.speakers import RegistryNames, SpeakerNames

T = TypeVar("T")

NO_ZONE = "(none)"
"""The zone of text outside all segments, and of predicted surfaces without a place."""
NO_LABEL = "(none)"
"""The label of an answer without a label."""
CANONICAL: Mapping[str, Callable[[str], str]] = {"value": canonical_value}
"""Fields with values that are equal in several forms, and what gives the one form."""
REFERENCES = frozenset({"entity_id"})
"""Fields that name an entity. Those of predictions are resolved to registry keys."""


@dataclass(frozen=True)
class Units:
    """The units of counting: for each document one for text outside segments, then its segments.

    Args:
        doc: (n_units,) int64, documents.
        start: (n_units,) int64, global offsets in code points.
        zone: (n_units,) int64, indices into ``zones``.
        item: (n_units,) int64, 0 for the article itself, else the number of the teaser.
        line: (n_units,) int64, the first unit of the document that has the same text.
        first: (n_documents,) int64, the first unit of each document.
        zones: the names of the zones.
    """

    doc: Ints
    start: Ints
    zone: Ints
    item: Ints
    line: Ints
    first: Ints
    zones: tuple[str, ...]

    def at(self, offsets: Ints, doc: Ints) -> Ints:
        """The units of positions.

        Args:
            offsets: (n,) int64, global offsets in code points.
            doc: (n,) int64, their documents.
        """
        if len(self.first) == len(self.doc):
            return doc  # no document has segments
        return np.searchsorted(self.start, offsets, side="right") - 1


@dataclass(frozen=True)
class Spans:
    """The records of one span layer on one side.

    Args:
        doc: (n_spans,) int64, documents.
        start: (n_spans,) int64, global offsets in code points.
        end: (n_spans,) int64, global offsets in code points, exclusive.
        unit: (n_spans,) int64, units of counting.
        record: (n_spans,) int64, the place of each record in its document.
        fields: (n_spans,) int64 each, codes of the values of further fields.
        alternates: three columns of (n_alternates,) int64: index of the span, start, end.
        unplaced: (n_spans,) bool, surfaces without a place in the text.
    """

    doc: Ints
    start: Ints
    end: Ints
    unit: Ints
    record: Ints
    fields: Mapping[str, Ints]
    alternates: tuple[Ints, Ints, Ints]
    unplaced: Mask

    def __len__(self) -> int:
        return len(self.start)

    def options(self) -> tuple[Ints | None, Ints, Ints]:
        """All spans that are right for an answer, the answers' own first, then the alternates.

        Returns:
            Three columns of int64: index of the answer (None where each has its own span alone),
            start, end.
        """
        if not len(self.alternates[0]) and not self.unplaced.any():
            return None, self.start, self.end
        own = np.arange(len(self))[~self.unplaced]
        answer, start, end = self.alternates
        return (
            np.concatenate([own, answer]),
            np.concatenate([self.start[own], start]),
            np.concatenate([self.end[own], end]),
        )

    def take(self, index: Ints) -> Spans:
        """The answers of these indices, in this order."""
        position = np.full(len(self), -1, dtype=np.int64)
        position[index] = np.arange(len(index))
        answer, start, end = self.alternates
        kept = position[answer] >= 0
        return Spans(
            self.doc[index],
            self.start[index],
            self.end[index],
            self.unit[index],
            self.record[index],
            {name: values[index] for name, values in self.fields.items()},
            (position[answer][kept], start[kept], end[kept]),
            self.unplaced[index],
        )


def after_records(placed: Ints, lost: Ints, documents: int) -> Ints:
    """(n_lost,) int64, the places of surfaces without a place: after the records of their document.

    Args:
        placed: (n_placed,) int64, the documents of the records.
        lost: (n_lost,) int64, the documents of the surfaces, in order.
        documents: the number of documents.
    """
    sizes = np.bincount(placed, minlength=documents)
    counts = np.bincount(lost, minlength=documents)
    number: Ints = np.arange(len(lost)) - np.repeat(np.cumsum(counts) - counts, counts)
    return sizes[lost] + number


@dataclass
class Corpus:
    """Gold and predictions with their columns, which are made when they are first needed.

    Args:
        golds: the gold documents.
        predictions: the prediction of each gold document.
        registry: the entities of the gold.
        codes: numbers the values of all fields.
        label_map: a user-supplied label map.
        packed: the packed entities of the gold (True) and of the predictions (False), where they
            were packed before.
    """

    golds: Sequence[Document]
    predictions: Sequence[Prediction]
    registry: Registry = field(default_factory=Registry)
    codes: Codes = field(default_factory=Codes)
    label_map: LabelMap | None = None
    packed: Mapping[bool, Packed | None] = field(default_factory=dict)
    _known: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made once: measures share columns, pairs and alignments.

        Args:
            key: identifies the value.
            make: makes it.
        """
        if key not in self._known:
            self._known[key] = make()
        known: T = self._known[key]
        return known

    @cached_property
    def bases(self) -> Ints:
        """(n_documents,) int64, the global offset of each document's first code point."""
        lengths = text_lengths(self.golds) + 1
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])[:-1]

    @cached_property
    def units(self) -> Units:
        """The units of all documents."""
        zones = Codes({NO_ZONE: 0})
        sizes = np.ones(len(self.golds), dtype=np.int64)
        segmented = [(n, document) for n, document in not_plain(self.golds) if document.segments]
        for number, document in segmented:
            sizes[number] += len(document.segments)
        doc = np.repeat(np.arange(len(sizes)), sizes)
        first = np.cumsum(sizes) - sizes
        start, zone, item = (np.zeros(len(doc), dtype=np.int64) for _ in range(3))
        line = np.arange(len(doc))
        for number, document in segmented:
            begin = int(first[number]) + 1
            lines = zip(document.segments, document.lines(), strict=True)
            for unit, (segment, same) in enumerate(lines, start=begin):
                line[unit] = begin + same
                start[unit], zone[unit], item[unit] = (
                    segment.start,
                    zones[segment.zone],
                    segment.item,
                )
        return Units(doc, start + self.bases[doc], zone, item, line, first, tuple(zones))

    @cached_property
    def names(self) -> list[SpeakerNames]:
        """Resolves names to keys, for each document."""
        registry = RegistryNames(self.registry)
        return [SpeakerNames(document, registry) for document in self.golds]

    def spans(self, layer: str, gold: bool, fields: Sequence[str], label: str) -> Spans:
        """The columns of a span layer on one side, in reading order.

        Args:
            layer: the layer.
            gold: which side.
            fields: the fields to have as columns of codes.
            label: the field that labels an answer; surfaces without a place have their label
                there.
        """
        return self.once(
            ("spans", layer, gold, tuple(fields)), lambda: self._spans(layer, gold, fields, label)
        )

    def _spans(self, layer: str, gold: bool, fields: Sequence[str], label: str) -> Spans:
        holders: Sequence[Document | Prediction] = self.golds if gold else self.predictions
        packed = self.packed.get(gold) if layer == "entities" else None
        if packed is None:
            packed = Packed.of_records(records_in(holders, layer))
        doc, count = packed.doc, len(packed.start)
        base = self.bases[doc]
        start, end = packed.start + base, packed.end + base
        record = np.arange(count)
        record -= np.repeat(np.cumsum(packed.sizes) - packed.sizes, packed.sizes)
        types = np.array([self.codes[value] for value in packed.types], dtype=np.int64)
        same_codes = np.array_equal(types, np.arange(len(types)))
        columns = {"type": packed.type if same_codes else types[packed.type]}

        def records() -> Iterator[Any]:
            return chain.from_iterable(records_in(holders, layer))

        for name in fields:
            if name not in columns:
                values: Iterable[object] = map(attrgetter(name), records())
                if (form := CANONICAL.get(name)) is not None:
                    values = (v if v is None else form(str(v)) for v in values)
                if name in REFERENCES and not gold:
                    values = self._resolved(values, doc)
                columns[name] = self.codes.of(values, count)
        none = np.zeros(0, np.int64)
        alternates = (
            self._alternates(records(), base)
            if gold and "alternates" in packed.given
            else (none, none, none)
        )
        unit = self.units.at(start, doc)
        spans = Spans(
            doc, start, end, unit, record, columns, alternates, np.zeros(count, dtype=np.bool_)
        )
        if not gold:
            spans = self._with_unplaced(spans, layer, label)
        others = (spans.fields[name] for name in sorted(spans.fields) if name != label)
        order = self._reading_order(spans, [spans.fields[label], *others])
        return spans if order is None else spans.take(order)

    def _resolved(self, references: Iterable[Any], doc: Ints) -> Iterator[str | None]:
        """The registry key of each reference, None for none."""
        for reference, number in zip(references, doc.tolist(), strict=True):
            yield None if reference is None else self.names[number].resolve(reference)

    def _reading_order(self, spans: Spans, fields: Sequence[Ints]) -> Ints | None:
        """The canonical order, by start, end and fields; None if the spans are already in it."""
        start, end = spans.start, spans.end
        if bool(
            ((start[1:] > start[:-1]) | ((start[1:] == start[:-1]) & (end[1:] > end[:-1]))).all()
        ):
            return None
        # Codes are numbered as labels appear, which depends on the input; their alphabetical rank
        # does not.
        names = list(self.codes)
        ranks = []
        for column in fields:
            codes = np.unique(column).tolist()
            rank = np.zeros(len(names), dtype=np.int64)
            rank[sorted(codes, key=lambda c: (names[c] is None, str(names[c])))] = range(len(codes))
            ranks.append(rank[column])
        order: Ints = np.lexsort((spans.record, *reversed(ranks), end, start))
        return order

    def _alternates(self, records: Iterable[Any], base: Ints) -> tuple[Ints, Ints, Ints]:
        rows = [
            (answer, span.start + base[answer], span.end + base[answer])
            for answer, record in enumerate(records)
            if record.alternates
            for span in record.alternates
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def _with_unplaced(self, spans: Spans, layer: str, label: str) -> Spans:
        lost = [
            (d, u)
            for d, p in not_plain(self.predictions)
            if p.unplaced
            for u in p.unplaced
            if u.layer == layer
        ]
        if not lost:
            return spans
        doc = np.array([d for d, _ in lost], dtype=np.int64)
        nowhere = self.bases[doc]
        # Of a lost record its label is known, and the entity that it named.
        known: dict[str, list[str | None]] = {name: [None] * len(lost) for name in spans.fields}
        known |= {n: [getattr(u, n) or None for _, u in lost] for n in REFERENCES & {*known}}
        known[label] = [u.label for _, u in lost]
        fields = {
            name: np.concatenate([values, self.codes.of(known[name], len(lost))])
            for name, values in spans.fields.items()
        }
        return Spans(
            np.concatenate([spans.doc, doc]),
            np.concatenate([spans.start, nowhere]),
            np.concatenate([spans.end, nowhere]),
            np.concatenate([spans.unit, self.units.first[doc]]),
            np.concatenate([spans.record, after_records(spans.doc, doc, len(self.golds))]),
            fields,
            spans.alternates,
            np.concatenate([spans.unplaced, np.ones(len(lost), dtype=np.bool_)]),
        )
