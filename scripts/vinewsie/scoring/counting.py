"""Counts and errors of an alignment: in total, by label, by zone and by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from vinewsie.model import AnyRecord, Document, Prediction, Quote, records_of
from vinewsie.packed import Ints, Mask
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned, sums
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import LABEL, ZONE
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import (
    Counts,
    ErrorKind,
    ErrorPlace,
    ErrorRecord,
    Score,
    UnitCounts,
)


def filtered(corpus: Corpus, measure: Measure) -> Aligned:
    """The alignment of a measure after the filters that every measure takes, zone and label."""
    aligned, values = measure.aligned(corpus), measure.values
    if values[ZONE.name] == "article":
        item = corpus.units.item
        aligned = aligned.restricted(
            item[aligned.gold.unit] == 0, item[aligned.predicted.unit] == 0
        )
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
        by_unit=UnitCounts.of(units.doc, by_unit),
        dropped=aligned.dropped,
        set_aside=aligned.set_aside,
        unpaired=dict(sorted(unpaired.items())),
    )


def _counts(column: Ints) -> Counts:
    return Counts(*(int(number) for number in column))


ERROR_KINDS = ("wrong", "boundary", "missed", "spurious")
"""The kinds of errors in their order: an aligned pair that is wrong (of an accuracy), a prediction
that is right by half, a gold answer without a match, a prediction without a match.
"""


def errors_of(corpus: Corpus, measure: Measure, aligned: Aligned) -> Iterator[ErrorRecord]:
    """Every error of a measure, by kind, then in the order of the answers.

    Args:
        corpus: gold and predictions.
        measure: the measure.
        aligned: its alignment, filtered.
    """
    matching = aligned.credit > WRONG
    missed, spurious = (
        np.setdiff1d(np.arange(len(answers)), index[matching])
        for answers, index in (
            (aligned.gold, aligned.pair_gold),
            (aligned.predicted, aligned.pair_predicted),
        )
    )
    found: list[tuple[ErrorKind, bool, Ints]]
    if measure.definition.kind == "accuracy":
        mistake = FULL if measure.definition.lower_is_better else WRONG
        found = [("wrong", True, np.sort(aligned.pair_gold[aligned.credit == mistake]))]
    else:
        boundary = np.sort(aligned.pair_predicted[aligned.credit == HALF])
        found = [("boundary", False, boundary), ("missed", True, missed)]
        found.append(("spurious", False, spurious))
    name, records = str(measure), measure.definition.records
    for kind, gold, answers in found:
        side = aligned.gold if gold else aligned.predicted
        holders: Sequence[Document | Prediction] = corpus.golds if gold else corpus.predictions
        known = gold or measure.definition.predicted_as_records
        for index in answers.tolist():
            doc, record = int(side.doc[index]), int(side.record[index])
            error: ErrorRecord = {
                "measure": name,
                "doc_id": corpus.golds[doc].doc_id,
                "error": kind,
                "label": aligned.labels[int(side.label[index])],
                "zone": corpus.units.zones[int(corpus.units.zone[side.unit[index]])],
                "index": record,
            }
            of_document = records_of(holders[doc], records)
            # A surface without a place is no record.
            if known and record < len(of_document):
                error = {**error, **_place(corpus.golds[doc].text, of_document[record])}
                speakers = measure.definition.speakers_of_error(
                    corpus, measure.values, gold, doc, record
                )
                error = {**error, **(speakers or {})}
            yield error


def _place(text: str, record: AnyRecord) -> ErrorPlace:
    """The id, spans and words of a record."""
    spans = record.content if isinstance(record, Quote) else [record]
    return {
        "id": record.id,
        "spans": [[span.start, span.end] for span in spans],
        "text": " … ".join(text[span.start : span.end] for span in spans),
    }
