"""What a layer consists of: its labels, its checks, its measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scoring.align import Graph, overlaps
from vinewsie.scoring.columns import NO_LABEL, Corpus, Spans


@dataclass(frozen=True)
class Answers:
    """One side of an alignment as columns: an answer's label, unit of counting, document and
    record, and how much it counts.

    ``label`` indexes ``labels``. ``weight`` is None where each answer counts once, else how much
    each counts (in syllables, say).
    """

    label: Ints
    unit: Ints
    doc: Ints
    record: Ints
    weight: Ints | None = None

    def __len__(self) -> int:
        return len(self.label)


FULL, HALF, WRONG = 2, 1, 0
"""The credit of a pair in halves: a match, a match by half, and a pair that belongs together but is
wrong.
"""


@dataclass(frozen=True)
class Aligned:
    """The outcome of one measure: gold answers, predicted answers, and pairs (gold index, predicted
    index) with credit and weight.
    """

    golds: Answers
    predicted: Answers
    gold: Ints
    prediction: Ints
    credit: Ints
    labels: tuple[str, ...]
    weight: Ints | None = None
    dropped: tuple[int, int] = (0, 0)

    def restricted(self, golds: Mask, predicted: Mask) -> Aligned:
        """What a filter leaves: these golds, and the predictions that match one of them, or that
        match none and pass themselves.
        """
        matching = self.credit > WRONG
        kept_predicted = predicted.copy()
        kept_predicted[self.prediction[matching]] = golds[self.gold[matching]]
        pairs = golds[self.gold] & kept_predicted[self.prediction]
        new_gold, new_predicted = np.cumsum(golds) - 1, np.cumsum(kept_predicted) - 1
        return replace(
            self,
            golds=chosen(self.golds, golds),
            predicted=chosen(self.predicted, kept_predicted),
            gold=new_gold[self.gold[pairs]],
            prediction=new_predicted[self.prediction[pairs]],
            credit=self.credit[pairs],
            weight=None if self.weight is None else self.weight[pairs],
        )


def chosen(answers: Answers, mask: Mask | Ints) -> Answers:
    """Some of the answers, by mask or by index."""
    weight = None if answers.weight is None else answers.weight[mask]
    return Answers(
        answers.label[mask], answers.unit[mask], answers.doc[mask], answers.record[mask], weight
    )


Align = Callable[[Corpus, Mapping[str, str]], Aligned]


@dataclass(frozen=True)
class MeasureDefinition:
    """What a measure counts.

    ``params`` lists the parameters of its own with their values, the default first. ``align`` finds
    the matching pairs. A measure of ``kind`` accuracy counts what is right among the answers that
    were compared at all; one with ``semeval`` counts also reports pairs that are right by half and
    pairs that are wrong.
    """

    name: str
    matches: str
    source: str
    align: Align
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headline: bool = False
    kind: Literal["f1", "accuracy"] = "f1"
    semeval: bool = False


# Span layers


@dataclass(frozen=True)
class Overlaps:
    """All pairs of a gold and a predicted span that overlap, and which of them are the same span
    (or an alternate).
    """

    gold: Ints
    prediction: Ints
    same: Ints

    @cached_property
    def ones(self) -> Ints:
        """A one for each pair, to maximise their number."""
        return np.ones(len(self.gold), dtype=np.int64)

    @cached_property
    def graph(self) -> Graph:
        """The pairs taken apart, once for all measures."""
        return Graph.of(self.gold, self.prediction)


def overlapping(golds: Spans, predicted: Spans) -> Overlaps:
    """The overlapping pairs of two sides, each pair once, whichever of the gold's spans overlap."""
    answer, start, end = golds.options()
    if predicted.unplaced.any():
        # Surfaces without a place have no extent, and no place in the order of starts.
        placed = np.flatnonzero(~predicted.unplaced)
        row, p = overlaps(start, end, predicted.start[placed], predicted.end[placed])
        p = placed[p]
    else:
        row, p = overlaps(start, end, predicted.start, predicted.end)
    gold = answer[row] if len(golds.alternates[0]) else row
    same = ((start[row] == predicted.start[p]) & (end[row] == predicted.end[p])).astype(np.int64)
    if len(golds.alternates[0]):
        order = np.lexsort((-same, p, gold))
        gold, p, same = gold[order], p[order], same[order]
        new = (
            np.r_[True, (gold[1:] != gold[:-1]) | (p[1:] != p[:-1])]
            if len(gold)
            else np.zeros(0, dtype=np.bool_)
        )
        gold, p, same = gold[new], p[new], same[new]
    return Overlaps(gold, p, same)


def answers_of(spans: Spans, label: str) -> Answers:
    """The answers of a span layer."""
    return Answers(spans.fields[label], spans.unit, spans.doc, spans.record)


def span_alignment(
    corpus: Corpus,
    golds: Spans,
    predicted: Spans,
    pairs: Overlaps,
    credit: Ints,
    ranks: Sequence[Ints],
    *,
    wrong_pairs: bool,
    label: str = "type",
) -> Aligned:
    """Aligns two sides of a span layer by maximising the credit, then the ranks.

    Args:
        corpus: where the codes of labels come from.
        golds: the gold side.
        predicted: the predicted side.
        pairs: the overlapping pairs.
        credit: the credit of each pair, in halves.
        ranks: what decides between alignments of equal credit, the most important first.
        wrong_pairs: whether pairs without credit are aligned too (after those with credit), as
            SemEval's "incorrect".
        label: the field that labels an answer.
    """
    if wrong_pairs:
        chosen = pairs.graph.solve([credit, pairs.ones, *ranks])
    else:
        kept = np.flatnonzero(credit > WRONG)
        columns = [column[kept] for column in (credit, pairs.ones, *ranks)]
        chosen = kept[Graph.of(pairs.gold[kept], pairs.prediction[kept]).solve(columns)]
    return Aligned(
        answers_of(golds, label),
        answers_of(predicted, label),
        pairs.gold[chosen],
        pairs.prediction[chosen],
        credit[chosen],
        label_names(corpus),
    )


def label_names(corpus: Corpus) -> tuple[str, ...]:
    """The labels that the codes of a corpus stand for."""
    return tuple(NO_LABEL if value is None else str(value) for value in corpus.codes)
