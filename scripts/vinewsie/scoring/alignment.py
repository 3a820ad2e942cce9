"""The alignment of two sides as columns: answers, pairs and the credit of each pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scoring.columns import NO_LABEL, Corpus

FULL, HALF, WRONG = 2, 1, 0
"""The credit of a pair, in halves: a match, a match by half, and a pair that belongs together but
does not match.
"""


@dataclass(frozen=True)
class Answers:
    """One side of an alignment.

    Args:
        label: (n_answers,) int64, indices into :attr:`Aligned.labels`.
        unit: (n_answers,) int64, units of counting (see :class:`vinewsie.scoring.columns.Units`).
        doc: (n_answers,) int64, documents.
        record: (n_answers,) int64, the place of the answer's record in its document; surfaces
            without a place are numbered after the records.
        weight: (n_answers,) int64, how much each answer counts (in syllables, for example); None
            where each counts once.
    """

    label: Ints
    unit: Ints
    doc: Ints
    record: Ints
    weight: Ints | None = None

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def _sums(self) -> dict[tuple[str, int], Ints]:
        return {}

    def sums(self, field: Literal["label", "unit"], size: int) -> Ints:
        """(size,) int64, how much the answers of each label or unit count, added up once."""
        if (field, size) not in self._sums:
            self._sums[field, size] = sums(getattr(self, field), self.weight, size)
        return self._sums[field, size]

    def take(self, chosen: Mask | Ints) -> Answers:
        """Some of the answers, by mask or by index."""
        weight = None if self.weight is None else self.weight[chosen]
        return Answers(
            self.label[chosen], self.unit[chosen], self.doc[chosen], self.record[chosen], weight
        )


@dataclass(frozen=True)
class Aligned:
    """The alignment of one measure.

    Args:
        gold: the gold answers.
        predicted: the predicted answers.
        pair_gold: (n_pairs,) int64, the index of each pair's gold answer.
        pair_predicted: (n_pairs,) int64, the index of its predicted answer.
        credit: (n_pairs,) int64, in halves: ``FULL``, ``HALF`` or ``WRONG``.
        labels: the labels by code.
        weight: (n_pairs,) int64, how much each pair counts; None where each counts once.
        dropped: golds and predictions that the measure's scheme has no label for.
        set_aside: golds and predictions that a missing value sets aside.
    """

    gold: Answers
    predicted: Answers
    pair_gold: Ints
    pair_predicted: Ints
    credit: Ints
    labels: tuple[str, ...]
    weight: Ints | None = None
    dropped: tuple[int, int] = (0, 0)
    set_aside: tuple[int, int] = (0, 0)

    def restricted(self, gold: Mask, predicted: Mask) -> Aligned:
        """Filters the answers after the alignment.

        A prediction that matches a gold answer stays exactly if that gold answer stays; the mask
        decides on the others.

        Args:
            gold: (n_gold,) bool, the gold answers to keep.
            predicted: (n_predicted,) bool, the predicted answers that pass the filter themselves.
        """
        matching = self.credit > WRONG
        kept = predicted.copy()
        kept[self.pair_predicted[matching]] = gold[self.pair_gold[matching]]
        pairs = gold[self.pair_gold] & kept[self.pair_predicted]
        return replace(
            self,
            gold=self.gold.take(gold),
            predicted=self.predicted.take(kept),
            pair_gold=(np.cumsum(gold) - 1)[self.pair_gold[pairs]],
            pair_predicted=(np.cumsum(kept) - 1)[self.pair_predicted[pairs]],
            credit=self.credit[pairs],
            weight=None if self.weight is None else self.weight[pairs],
        )

    def with_pairs(self, pairs: Ints) -> Aligned:
        """The same answers with some of the pairs, by index."""
        return replace(
            self,
            pair_gold=self.pair_gold[pairs],
            pair_predicted=self.pair_predicted[pairs],
            credit=self.credit[pairs],
            weight=None if self.weight is None else self.weight[pairs],
        )

    def only(self, pairs: Ints, credit: Ints) -> Aligned:
        """Some of the pairs and their answers alone, for an accuracy.

        Args:
            pairs: (n_kept,) int64, indices of pairs.
            credit: (n_kept,) int64, their credit.
        """
        index = np.arange(len(pairs))
        return replace(
            self,
            gold=self.gold.take(self.pair_gold[pairs]),
            predicted=self.predicted.take(self.pair_predicted[pairs]),
            pair_gold=index,
            pair_predicted=index,
            credit=credit,
            weight=None if self.weight is None else self.weight[pairs],
        )


def sums(key: Ints, weight: Ints | None, size: int) -> Ints:
    """(size,) int64, the sum of the weights for each key.

    Args:
        key: (n,) int64, from 0 to below ``size``.
        weight: (n,) int64; None for 1 each.
        size: the number of keys.
    """
    # Doubles add integers exactly up to 2⁵³.
    return np.bincount(key, weights=weight, minlength=size).astype(np.int64, copy=False)


def label_names(corpus: Corpus) -> tuple[str, ...]:
    """The labels that the codes of a corpus stand for."""
    return tuple(NO_LABEL if value is None else str(value) for value in corpus.codes)
