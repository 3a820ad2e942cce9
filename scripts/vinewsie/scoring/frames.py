"""A result as tidy pandas frames: one row a measure, a label or an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.measures import parse

if TYPE_CHECKING:
    import pandas as pd

    from vinewsie.scoring.result import ErrorRecord, Result, Score

FrameName = Literal["measures", "labels", "errors"]

MEASURES = {
    "measure": "string",
    "layer": "string",
    "zone": "string",
    "kind": "string",
    "status": "string",
    "precision": "float64",
    "recall": "float64",
    "f1": "float64",
    "accuracy": "float64",
    "macro_f1": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "gold": "int64",
    "predicted": "int64",
    "matched": "int64",
    "signature": "string",
}
"""The columns of ``measures`` and their types."""
LABELS = {
    "measure": "string",
    "label": "string",
    "precision": "float64",
    "recall": "float64",
    "f1": "float64",
    "accuracy": "float64",
    "gold": "int64",
    "predicted": "int64",
    "matched": "int64",
}
"""The columns of ``labels`` and their types."""
ERRORS = {
    "measure": "string",
    "doc_id": "string",
    "error": "string",
    "label": "string",
    "zone": "string",
    "index": "int64",
    "id": "string",
    "start": "Int64",
    "end": "Int64",
    "text": "string",
    "spans": "object",
    "gold_speakers": "object",
    "speakers": "object",
}
"""The columns of ``errors`` and their types."""


def frame(result: Result, what: FrameName) -> pd.DataFrame:
    """A result as a frame; see :meth:`vinewsie.scoring.result.Result.to_pandas`.

    Args:
        result: the result.
        what: ``measures``, ``labels`` or ``errors``.

    Raises:
        ValueError: there is no such frame.
    """
    import pandas as pd

    if what == "measures":
        columns, rows = dict(MEASURES), _measures(result)
        if result.by is not None:
            columns = {result.by["field"]: "string", **columns}
    elif what == "labels":
        columns, rows = LABELS, _labels(result)
    elif what == "errors":
        columns, rows = ERRORS, map(_error, result.errors)
    else:
        raise ValueError(f"there is no frame {what!r}; there are measures, labels, errors")
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


def _measures(result: Result) -> Iterator[dict[str, Any]]:
    """A row for each measure of all documents, then for each of every group of documents."""
    for value, scores in {"": result, **result.groups()}.items():
        group = {} if result.by is None else {result.by["field"]: value}
        for name, score in scores.items():
            measure = parse(name)
            yield {
                **group,
                "measure": name,
                "layer": measure.layer,
                "zone": measure.values[ZONE.name],
                "kind": score.kind,
                "status": score.status,
                **_rates(score),
                "macro_f1": score.macro_f1,
                "ci_low": score.interval[0],
                "ci_high": score.interval[1],
                **_counts(score),
                "signature": result.signature_of(measure),
            }


def _labels(result: Result) -> Iterator[dict[str, Any]]:
    for name, score in result.items():
        for label, part in score.labels().items():
            yield {
                "measure": name,
                "label": label,
                **_rates(part),
                **_counts(part),
            }


def _rates(score: Score) -> dict[str, float | None]:
    return {name: getattr(score, name) for name in ("precision", "recall", "f1", "accuracy")}


def _counts(score: Score) -> dict[str, int]:
    """The counts; of an accuracy, both sides are the aligned pairs, as in the result's JSON."""
    gold, predicted, matched = score.counts.gold, score.counts.predicted, score.counts.matched
    compared = gold if score.kind == "accuracy" else predicted
    return {"gold": gold, "predicted": compared, "matched": matched}


def _error(error: ErrorRecord) -> dict[str, Any]:
    """An error with its first and last code point, and the speakers as the prediction has them."""
    row: dict[str, Any] = dict(error)
    if spans := error.get("spans"):
        row["start"], row["end"] = spans[0][0], spans[-1][1]
    if "speakers" in error:
        row["speakers"] = [speaker["given"] for speaker in error["speakers"]]
    return row
