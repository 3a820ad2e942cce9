"""Precision and recall over the threshold, as text and for the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vinewsie.scoring.thresholds import PRECISION, ThresholdCurve, ThresholdPoint
from vinewsie.tables import Report, Table, paragraph

ROWS = 11
"""Largest number of thresholds in a table."""
_NO_SCORES = (
    "No prediction has a score. A predicted record may have one, a number: "
    '{"start": 0, "end": 4, "type": "ORG", "score": 0.93}'
)


def thresholds(curves: Sequence[ThresholdCurve]) -> Report:
    """The curves as text: best F1, recall at 99 % precision, and a table for each measure."""
    if not curves:
        return Report([paragraph(_NO_SCORES)])
    parts: list[str | Table] = []
    for one in curves:
        parts += [f"{one.measure} ({one.scored} predictions with a score)", ""]
        rows = [
            [
                threshold_of(point),
                *map(_rate, (point.counts.precision, point.counts.recall, point.counts.f1)),
                str(point.counts.predicted),
            ]
            for point in thinned(one)
        ]
        parts.append(Table(["score ≥", "P", "R", "F1", "pred"], rows, "lrrrr"))
        best = f"best F1 {_rate(one.best.counts.f1)}{_interval(one.best.f1)}"
        parts += ["", f"{best} {_where(one.best)}"]
        if one.sure is None:
            parts.append(f"{PRECISION:.0%} precision is not reached")
        else:
            recall = f"{_rate(one.sure.counts.recall)}{_interval(one.sure.recall)}"
            parts.append(f"recall {recall} at {PRECISION:.0%} precision, {_where(one.sure)}")
        parts.append("")
    parts.append(
        paragraph(
            "Predictions below the threshold are left out; the alignment is that of all of them. "
            "Both thresholds were chosen on these data, so that other data will give less."
        )
    )
    return Report(parts)


def _where(point: ThresholdPoint) -> str:
    """Which predictions are kept at a point."""
    if point.threshold is None:
        return "with all predictions"
    return f"with scores from {threshold_of(point)}"


def thinned(curve: ThresholdCurve) -> list[ThresholdPoint]:
    """Some points of a curve, evenly by rank, with the first and the last."""
    count = len(curve.points)
    chosen = np.unique(np.linspace(0, count - 1, min(count, ROWS)).round().astype(np.int64))
    return [curve.points[number] for number in chosen.tolist()]


def threshold_of(point: ThresholdPoint) -> str:
    """A threshold for display; ``all`` for all predictions."""
    return "all" if point.threshold is None else f"{point.threshold:.3f}"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.3f}–{interval[1]:.3f})"
