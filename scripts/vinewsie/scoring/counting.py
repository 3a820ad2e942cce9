"""Counts of an alignment: in total, by label, by zone and by unit."""

from __future__ import annotations

from typing import Literal

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned, sums
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import LABEL, REPEATS, ZONE
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import Counts, Score, UnitCounts


def filtered(corpus: Corpus, measure: Measure) -> Aligned:
    """The alignment of a measure after the filters that every measure takes."""
    aligned, values = measure.aligned(corpus), measure.values
    units = corpus.units
    kept: Ints = np.arange(len(units.doc))
    if values[ZONE.name] == "article":
        kept = kept[units.item == 0]
    if values[REPEATS.name] == "once":
        _, first = np.unique(units.line[kept], return_index=True)
        kept = kept[first]
    if len(kept) < len(units.doc):
        passes = np.zeros(len(units.doc), dtype=np.bool_)
        passes[kept] = True
        aligned = aligned.restricted(passes[aligned.gold.unit], passes[aligned.predicted.unit])
    if LABEL.name in values:
        code = corpus.codes.get(values[LABEL.name], -1)
        aligned = aligned.restricted(aligned.gold.label == code, aligned.predicted.label == code)
    return aligned


def score_of(corpus: Corpus, aligned: Aligned, measure: Measure) -> Score:
    """Counts an alignment in total, by label, by zone and by unit.

    A matched prediction counts under the label and in the unit of its gold answer, so the parts add
    up to the total; one in an incorrect pair in that unit, but under its own label.

    Args:
        corpus: gold and predictions.
        aligned: the alignment, filtered.
        measure: the measure.
    """
    units = corpus.units
    gold, predicted = aligned.gold, aligned.predicted
    matching = aligned.credit > WRONG

    def table(field: Literal["label", "unit"], moved: Mask | None, size: int) -> Ints:
        """Rows gold, predicted, matched, partial, incorrect; a column for each key.

        ``moved``: pairs whose prediction counts under the key of the gold answer; None for all.
        """
        key = getattr(gold, field)[aligned.pair_gold]
        own = getattr(predicted, field)[aligned.pair_predicted]
        other = own != key if moved is None else (own != key) & moved
        weight = None
        if predicted.weight is not None:
            weight = predicted.weight[aligned.pair_predicted[other]]
        of_predicted = predicted.sums(field, size).copy()
        of_predicted += sums(key[other], weight, size) - sums(own[other], weight, size)
        pairs = sums(aligned.credit * size + key, aligned.weight, (FULL + 1) * size)
        by_credit = pairs.reshape(FULL + 1, size)[[FULL, HALF, WRONG]]
        return np.stack([gold.sums(field, size), of_predicted, *by_credit])

    labels = table("label", matching, len(aligned.labels))
    by_unit = table("unit", None, len(units.doc))
    zones = np.stack(
        [
            np.bincount(units.zone, weights=row, minlength=len(units.zones)).astype(np.int64)
            for row in by_unit
        ]
    )
    named: dict[str, Counts] = {}
    for name, counts in zip(aligned.labels, map(_counts, labels.T), strict=True):
        if counts != Counts():
            # Two codes may print alike: no label, and a label that is called so.
            named[name] = named.get(name, Counts()) + counts
    unpaired = dict.fromkeys(named, 0) if measure.definition.semeval else {}
    if unpaired:
        size = len(aligned.labels)
        paired = np.bincount(predicted.label[aligned.pair_predicted], minlength=size)
        alone = np.bincount(predicted.label, minlength=size) - paired
        for code, count in enumerate(alone.tolist()):
            if count:
                unpaired[aligned.labels[code]] += count
    zoned = {
        name: counts
        for name, counts in zip(units.zones, map(_counts, zones.T), strict=True)
        if counts != Counts()
    }
    return Score(
        counts=_counts(labels.sum(axis=1)),
        kind=measure.definition.kind,
        semeval=measure.definition.semeval,
        by_label=dict(sorted(named.items())),
        by_zone=dict(sorted(zoned.items())),
        by_unit=UnitCounts.of(units.doc, by_unit, units.line),
        dropped=aligned.dropped,
        set_aside=aligned.set_aside,
        pairs=None if aligned.weight is None else len(aligned.pair_gold),
        unpaired=dict(sorted(unpaired.items())),
    )


def _counts(column: Ints) -> Counts:
    return Counts(*(int(number) for number in column))
