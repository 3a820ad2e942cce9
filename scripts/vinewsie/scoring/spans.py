"""Measures of records with one span: which overlapping pairs match, and their credit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np

from vinewsie.model import RECORD_TYPES, read_as, records_of
from vinewsie.packed import Ints, Mask
from vinewsie.scoring.align import Graph, overlaps
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned, Answers, label_names
from vinewsie.scoring.columns import Corpus, Spans
from vinewsie.scoring.definitions import CONTESTED, MeasureDefinition


@dataclass(frozen=True)
class Overlaps:
    """All pairs of a gold and a predicted span that share at least one code point.

    Args:
        gold: (n_pairs,) int64, indices of gold answers.
        predicted: (n_pairs,) int64, indices of predicted answers.
        same: (n_pairs,) int64, 1 where the predicted span is the gold span or one of its
            alternates, else 0.
    """

    gold: Ints
    predicted: Ints
    same: Ints

    @cached_property
    def ones(self) -> Ints:
        """(n_pairs,) int64, all 1: maximises the number of pairs."""
        return np.ones(len(self.gold), dtype=np.int64)

    @cached_property
    def graph(self) -> Graph:
        """The pairs divided into components, once for all measures."""
        return Graph.of(self.gold, self.predicted)

    @cached_property
    def _taken(self) -> list[tuple[Ints, Ints, Ints]]:
        return []

    def taken(self, chosen: Ints) -> tuple[Ints, Ints]:
        """The gold and the predicted answers of chosen pairs; the same arrays for measures that
        choose the same pairs, as most do in a large corpus.

        Args:
            chosen: (n_chosen,) int64, indices of pairs.
        """
        for earlier, gold, predicted in self._taken:
            if np.array_equal(earlier, chosen):
                return gold, predicted
        self._taken.append((chosen, self.gold[chosen], self.predicted[chosen]))
        return self._taken[-1][1:]


def overlapping(gold: Spans, predicted: Spans, minimum: Fraction | None = None) -> Overlaps:
    """Finds the overlapping pairs of two sides, each pair once, by any of the gold's spans.

    Args:
        gold: the gold spans.
        predicted: the predicted spans.
        minimum: the least share of the gold span that a pair has in common; None for one code
            point.
    """
    answer, start, end = gold.options()
    # Surfaces without a place have no extent, and no place in the order of starts.
    placed = np.flatnonzero(~predicted.unplaced) if predicted.unplaced.any() else None
    other_start, other_end = (
        column if placed is None else column[placed] for column in (predicted.start, predicted.end)
    )
    row, p = overlaps(start, end, other_start, other_end)
    if minimum is not None:
        shared = np.minimum(end[row], other_end[p]) - np.maximum(start[row], other_start[p])
        kept = shared * minimum.denominator >= (end - start)[row] * minimum.numerator
        row, p = row[kept], p[kept]
    same = ((start[row] == other_start[p]) & (end[row] == other_end[p])).astype(np.int64)
    g, p = row if answer is None else answer[row], p if placed is None else placed[p]
    if len(gold.alternates[0]):
        order = np.lexsort((-same, p, g))
        g, p, same = g[order], p[order], same[order]
        new = (np.diff(g, prepend=-1) != 0) | (np.diff(p, prepend=-1) != 0)
        g, p, same = g[new], p[new], same[new]
    return Overlaps(g, p, same)


@dataclass(frozen=True)
class SpanSides:
    """The gold and the predicted spans that take part.

    Args:
        gold: the gold spans.
        predicted: the predicted spans.
        dropped: golds and predictions that a scheme has no label for.
        set_aside: golds and predictions that a missing value sets aside.
        minimum: see :func:`overlapping`.
    """

    gold: Spans
    predicted: Spans
    dropped: tuple[int, int] = (0, 0)
    set_aside: tuple[int, int] = (0, 0)
    minimum: Fraction | None = None

    @cached_property
    def pairs(self) -> Overlaps:
        """The overlapping pairs."""
        return overlapping(self.gold, self.predicted, self.minimum)

    @cached_property
    def _equal(self) -> dict[str, Ints]:
        return {}

    @cached_property
    def _made(self) -> dict[str, tuple[Answers, Answers]]:
        return {}

    def _answers(self, label_field: str) -> tuple[Answers, Answers]:
        """The answers of both sides, the same objects for all measures."""
        if label_field not in self._made:
            self._made[label_field] = (
                _answers_of(self.gold, label_field),
                _answers_of(self.predicted, label_field),
            )
        return self._made[label_field]

    def equal(self, field: str) -> Ints:
        """(n_pairs,) int64: 1 where a field has the same value on both sides, None included."""
        if field not in self._equal:
            gold, predicted = self.gold.fields[field], self.predicted.fields[field]
            same = gold[self.pairs.gold] == predicted[self.pairs.predicted]
            self._equal[field] = same.astype(np.int64)
        return self._equal[field]

    def only(self, gold: Mask, predicted: Mask) -> SpanSides:
        """The spans of these masks."""
        return replace(
            self,
            gold=self.gold.take(np.flatnonzero(gold)),
            predicted=self.predicted.take(np.flatnonzero(predicted)),
        )

    def align(
        self,
        corpus: Corpus,
        credit: Ints,
        ties: Sequence[Ints],
        *,
        label_field: str,
        wrong_pairs: bool,
    ) -> Aligned:
        """Aligns the sides by maximising the credit, then the number of pairs, then the ties.

        Args:
            corpus: has the codes of labels.
            credit: (n_pairs,) int64, the credit of each overlapping pair, in halves.
            ties: columns of (n_pairs,) int64 that decide between alignments of equal credit, the
                most important first.
            label_field: the field that labels an answer.
            wrong_pairs: whether pairs without credit are aligned too, after those with credit.
        """
        pairs, ranks = self.pairs, [credit, self.pairs.ones, *ties]
        if wrong_pairs:
            chosen = pairs.graph.solve(ranks)
        else:
            kept = np.flatnonzero(credit > WRONG)
            graph = Graph.of(pairs.gold[kept], pairs.predicted[kept])
            chosen = kept[graph.solve([numbers[kept] for numbers in ranks])]
        return Aligned(
            *self._answers(label_field),
            *pairs.taken(chosen),
            credit[chosen],
            label_names(corpus),
            dropped=self.dropped,
            set_aside=self.set_aside,
        )


def _answers_of(side: Spans, label_field: str) -> Answers:
    return Answers(side.fields[label_field], side.unit, side.doc, side.record)


@dataclass(frozen=True, kw_only=True)
class SpanMeasure(MeasureDefinition):
    """A measure of records with one span.

    Args:
        span: which spans match: ``same``, ``overlap`` (at least one code point), or ``partial``
            (overlap, by half unless they are the same). An alternate of the gold counts as its
            span.
        equal: fields that must be equal; None equals None.
        given: fields that must be given and equal; answers without one are set aside.
    """

    span: Literal["same", "overlap", "partial"]
    equal: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    ties: ClassVar[tuple[str, ...]]
    """The fields that decide between alignments of equal credit, after the same span."""

    @abstractmethod
    def sides(self, corpus: Corpus, values: Mapping[str, str], fields: Sequence[str]) -> SpanSides:
        """The spans that take part.

        Args:
            corpus: gold and predictions.
            values: the value of each parameter.
            fields: the fields to have as columns.
        """

    @property
    def gold_fields(self) -> tuple[str, ...]:
        """See :attr:`MeasureDefinition.gold_fields`: those that must be equal."""
        return (*self.equal, *self.given)

    def taking_part(self, corpus: Corpus, values: Mapping[str, str]) -> SpanSides:
        """The spans that take part, made once; the alignment's indices count in them.

        Args:
            corpus: gold and predictions.
            values: the value of each parameter.
        """
        count = values.get(CONTESTED.name, "count") == "count"
        more = () if count else ("contested", "optional")
        fields = tuple(dict.fromkeys((*self.ties, *self.equal, *self.given, *more)))
        own = tuple(values.get(parameter.name) for parameter in self.own_parameters)
        key = (self.records, own, fields, self.given)
        return corpus.once(key, lambda: self.sides(corpus, values, fields))

    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """See :meth:`MeasureDefinition.align`."""
        contested = values.get(CONTESTED.name, "count")
        if contested != "count":
            corpus = corpus.once(
                ("followed", self.records), lambda: _followed(corpus, self.records)
            )
        sides = self.taking_part(corpus, values)
        if contested == "skip":
            skipped = sides.gold.fields["contested"] == corpus.codes[True]
            sides = sides.only(*(~side for side in self.apart(corpus, sides, skipped)))
        aligned = sides.align(
            corpus,
            self._credit(corpus, sides),
            tie_columns(sides, self.ties),
            label_field=self.label_field,
            wrong_pairs=self.semeval,
        )
        if contested == "lenient":
            kept = sides.gold.fields["optional"] != corpus.codes[True]
            kept[aligned.pair_gold] = True
            aligned = aligned.restricted(kept, np.ones(len(sides.predicted), dtype=np.bool_))
        return aligned

    def apart(self, corpus: Corpus, sides: SpanSides, gold: Mask) -> tuple[Mask, Mask]:
        """Golds to set apart and the predictions that go with them: overlapping spans, preferring
        the other golds, then the measure's ties.

        Args:
            corpus: gold and predictions.
            sides: the spans.
            gold: (n_gold,) bool, the golds to set apart.
        """
        predicted = np.zeros(len(sides.predicted), dtype=np.bool_)
        if gold.any():
            others: Ints = (~gold[sides.pairs.gold]).astype(np.int64)
            aligned = sides.align(
                corpus,
                FULL * sides.pairs.ones,
                [others, *tie_columns(sides, self.ties)],
                label_field=self.label_field,
                wrong_pairs=False,
            )
            predicted[aligned.pair_predicted] = gold[aligned.pair_gold]
        return gold, predicted

    def _credit(self, corpus: Corpus, sides: SpanSides) -> Ints:
        """(n_pairs,) int64, the credit of each overlapping pair, in halves."""
        if self.span == "same":
            credit = FULL * sides.pairs.same
        elif self.span == "overlap":
            credit = FULL * sides.pairs.ones
        else:
            credit = HALF * (sides.pairs.ones + sides.pairs.same)
        for field in (*self.equal, *self.given):
            credit = credit * sides.equal(field)
        for field in self.given:
            missing = sides.gold.fields[field] == corpus.codes[None]
            credit = np.where(missing[sides.pairs.gold], WRONG, credit)
        return credit


def _followed(corpus: Corpus, layer: str) -> Corpus:
    """The corpus with each contested gold record of a layer in the reading that the predictions
    follow: the one that has most in common with a prediction, the record's own among equals.
    """

    def followed(record: Any, predicted: Sequence[Any]) -> Any:
        def common(read: Any) -> int:
            spans = (p for p in predicted if (p.start, p.end) == (read.start, read.end))
            fields = RECORD_TYPES[layer].__struct_fields__
            names = [n for n in ("type", "value", "mod", "entity_id", "function") if n in fields]
            shared = (1 + sum(getattr(p, n) == getattr(read, n) for n in names) for p in spans)
            return max(shared, default=0)

        others = (read_as(record, reading) for reading in record.readings)
        best = max([record, *(read for read in others if read is not None)], key=common)
        return msgspec.structs.replace(best, contested=True, readings=record.readings)

    golds = [
        msgspec.structs.replace(
            gold,
            **{
                layer: tuple(
                    followed(record, records_of(prediction, layer)) if record.contested else record
                    for record in records_of(gold, layer)
                )
            },
        )
        if any(record.contested for record in records_of(gold, layer))
        else gold
        for gold, prediction in zip(corpus.golds, corpus.predictions, strict=True)
    ]
    packed = {False: corpus.packed.get(False)}
    return replace(corpus, golds=golds, packed=packed, _known={})


def tie_columns(sides: SpanSides, fields: Sequence[str]) -> list[Ints]:
    """Columns of (n_pairs,) int64: the same span, then each field equal."""
    return [sides.pairs.same, *map(sides.equal, fields)]
