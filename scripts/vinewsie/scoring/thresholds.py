"""What a threshold on the confidence of predictions would give.

Predictions with a ``score`` below the threshold are left out of the counts; those without one stay.
The alignment is that of all predictions. So the recall can only fall as the threshold rises, and no
alignment has to be made again for each threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.model import Document, Prediction, records_of
from vinewsie.packed import Ints
from vinewsie.scoring import resampling
from vinewsie.scoring.alignment import WRONG, Aligned
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import Counts, IntervalUnit

PRECISION = 0.99
"""The precision at which the recall is reported."""
POINTS = 200
"""Largest number of thresholds of a curve; more are thinned out evenly by rank."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ThresholdPoint:
    """The counts at a threshold.

    Args:
        threshold: the least score that is kept; None for all predictions.
        counts: the counts.
        f1: the interval of F1, where it was made.
        recall: the interval of the recall, where it was made.
    """

    threshold: float | None
    counts: Counts
    f1: tuple[float, float] | None = None
    recall: tuple[float, float] | None = None


@dataclass(frozen=True)
class ThresholdCurve:
    """Precision and recall of a measure over the threshold.

    Args:
        measure: the measure.
        scored: the number of predictions with a score.
        points: by rising threshold, that of all predictions first.
        best: the point with the highest F1, the lowest threshold among equals.
        sure: the point with the highest recall among those with a precision of at least
            :data:`PRECISION`; None if there is none.
    """

    measure: Measure
    scored: int
    points: Sequence[ThresholdPoint]
    best: ThresholdPoint
    sure: ThresholdPoint | None

    def to_json(self) -> dict[str, Any]:
        """As JSON values, rates in full precision."""

        def point(one: ThresholdPoint | None) -> dict[str, Any] | None:
            if one is None:
                return None
            return {
                "threshold": one.threshold,
                "precision": one.counts.precision,
                "recall": one.counts.recall,
                "f1": one.counts.f1,
                "f1_interval": one.f1,
                "recall_interval": one.recall,
            }

        return {
            "measure": str(self.measure),
            "predictions_with_score": self.scored,
            "best_f1": point(self.best),
            "recall_at_99_precision": point(self.sure),
            "points": [point(one) for one in self.points],
        }


def curve(
    corpus: Corpus,
    measure: Measure,
    aligned: Aligned,
    *,
    unit: IntervalUnit = "segment",
    resamples: int = 0,
) -> ThresholdCurve | None:
    """The curve of a measure; None if no prediction has a score, or the measure has no precision.

    Args:
        corpus: gold and predictions.
        measure: the measure.
        aligned: its alignment, filtered.
        unit: what intervals resample.
        resamples: bootstrap resamples of the intervals of the two points; 0 for none.
    """
    definition = measure.definition
    if definition.kind != "f1" or not definition.predicted_as_records or aligned.weight is not None:
        return None
    scores = _scores(corpus, definition.records, aligned)
    known = np.unique(scores[np.isfinite(scores)])
    if not len(known):
        return None
    if len(known) > POINTS:
        known = known[np.unique(np.linspace(0, len(known) - 1, POINTS).astype(np.int64))]
    # Predictions without a score stay at every threshold, as those with the highest one.
    pair_scores = scores[aligned.pair_predicted]
    thresholds = np.concatenate([[-np.inf], known])
    predicted = len(scores) - np.searchsorted(np.sort(scores), thresholds)
    by_credit = {}
    for credit in np.unique(aligned.credit).tolist():
        own = np.sort(pair_scores[aligned.credit == credit])
        by_credit[credit] = len(own) - np.searchsorted(own, thresholds)
    none = np.zeros(len(thresholds), dtype=np.int64)
    wrong, half, full = (by_credit.get(credit, none) for credit in (0, 1, 2))
    points = [
        ThresholdPoint(
            None if not np.isfinite(threshold) else float(threshold),
            Counts(len(aligned.gold), int(p), int(f), int(h), int(w)),
        )
        for threshold, p, f, h, w in zip(thresholds, predicted, full, half, wrong, strict=True)
    ]
    best = max(points, key=lambda one: one.counts.f1 or 0.0)
    sure = [one for one in points if (one.counts.precision or 0.0) >= PRECISION]
    surest = max(sure, key=lambda one: one.counts.recall or 0.0) if sure else None
    chosen = [one for one in (best, surest) if one is not None]
    if resamples:
        chosen = list(_with_intervals(corpus, aligned, scores, chosen, unit, resamples))
    return ThresholdCurve(
        measure,
        int(np.isfinite(scores).sum()),
        points,
        chosen[0],
        chosen[1] if surest is not None else None,
    )


def _scores(corpus: Corpus, layer: str, aligned: Aligned) -> Floats:
    """(n_predicted,) float64, the scores of the predicted answers; infinite for none."""

    def scores(holder: Document | Prediction) -> list[float]:
        values = (record.score for record in records_of(holder, layer))
        return [value if isinstance(value, float | int) else np.inf for value in values]

    lists = [scores(prediction) for prediction in corpus.predictions]
    sizes = np.array([len(found) for found in lists], dtype=np.int64)
    first = np.cumsum(sizes) - sizes
    every = np.array([value for found in lists for value in found] + [np.inf], dtype=np.float64)
    doc, record = aligned.predicted.doc, aligned.predicted.record
    # Surfaces without a place stand after the records; their scores are not kept.
    index = np.where(record < sizes[doc], first[doc] + record, len(every) - 1)
    found: Floats = every[index]
    return found


def _with_intervals(
    corpus: Corpus,
    aligned: Aligned,
    scores: Floats,
    points: Sequence[ThresholdPoint],
    unit: IntervalUnit,
    resamples: int,
) -> Iterator[ThresholdPoint]:
    """The points with the intervals of F1 and recall at their thresholds.

    Args:
        corpus: gold and predictions.
        aligned: the alignment.
        scores: (n_predicted,) float64.
        points: the points.
        unit: what is resampled.
        resamples: number of resamples.
    """
    units = corpus.units
    size = len(units.doc)
    home = aligned.predicted.unit.copy()
    home[aligned.pair_predicted] = aligned.gold.unit[aligned.pair_gold]
    gold = np.bincount(aligned.gold.unit, minlength=size)
    outside = np.zeros(size, dtype=np.bool_)
    answered = np.union1d(aligned.gold.unit, home)
    outside[np.intersect1d(units.first, answered)] = True
    sizes = np.bincount(units.doc, minlength=len(corpus.golds))
    clusters = resampling.Clusters.made(unit, sizes, units.line, outside)
    count = int(clusters.sizes.sum())
    tables: list[Ints] = []
    for point in points:
        least = -np.inf if point.threshold is None else point.threshold
        kept = scores >= least
        pairs = kept[aligned.pair_predicted] & (aligned.credit > WRONG)
        rows = (
            gold,
            np.bincount(home[kept], minlength=size),
            np.bincount(
                aligned.gold.unit[aligned.pair_gold[pairs]],
                weights=aligned.credit[pairs],
                minlength=size,
            ),
        )
        # Units without answers need not be in a cluster.
        used = np.flatnonzero(np.any(rows, axis=0))
        table = [np.bincount(clusters.of[used], weights=row[used], minlength=count) for row in rows]
        tables.append(np.stack(table).astype(np.int64))
    resampled = resampling.bootstrap(clusters.sizes, tables, resamples)
    for point, table_, rates in zip(points, tables, resampled, strict=True):
        yield ThresholdPoint(
            point.threshold,
            point.counts,
            resampling.interval(rates.f1, table_[2], table_[0] + table_[1], clusters.stratum),
            resampling.interval(rates.recall, table_[2] / 2, table_[0], clusters.stratum),
        )
