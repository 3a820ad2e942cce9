"""From an alignment to counts: by label, zone and unit; and the list of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from vinewsie.model import Document, Prediction, Quote, records_of
from vinewsie.packed import Ints, Mask
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned, Answers
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import LABEL, ZONE
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import Counts, Score, UnitCounts


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
    """Counts in total, by label, by zone and by unit, all of the same alignment.

    A matched prediction stands under the label and in the unit of its gold answer, so the parts add
    up to the total.
    """
    units = corpus.units
    matching = aligned.credit > WRONG
    label, unit = aligned.predicted.label.copy(), aligned.predicted.unit.copy()
    label[aligned.pair_predicted[matching]] = aligned.gold.label[aligned.pair_gold[matching]]
    unit[aligned.pair_predicted[matching]] = aligned.gold.unit[aligned.pair_gold[matching]]

    def sums(key: Ints, weight: Ints | None, size: int) -> Ints:
        # Doubles add integers exactly up to 2⁵³.
        return np.bincount(key, weights=weight, minlength=size).astype(np.int64)

    def table(gold_key: Ints, predicted_key: Ints, size: int) -> Ints:
        """Rows gold, predicted, matched, partial, incorrect; a column for each key."""
        pair_key = gold_key[aligned.pair_gold]
        rows = [
            sums(gold_key, aligned.gold.weight, size),
            sums(predicted_key, aligned.predicted.weight, size),
        ]
        for credit in (FULL, HALF, WRONG):
            chosen = aligned.credit == credit
            rows.append(
                sums(
                    pair_key[chosen],
                    None if aligned.weight is None else aligned.weight[chosen],
                    size,
                )
            )
        return np.stack(rows)

    labels = table(aligned.gold.label, label, len(aligned.labels))
    by_unit = table(aligned.gold.unit, unit, len(units.doc))
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
    )


def _counts(column: Ints) -> Counts:
    return Counts(*(int(number) for number in column))


class LazyErrors(Sequence[dict[str, Any]]):
    """Every error of every measure: gold answers that were missed, predictions that are spurious,
    pairs right by half.

    They are made when somebody reads them: a large corpus has many, and its scores need none. They
    stand in the order of the measures, of ``KINDS``, and of the documents.
    """

    KINDS = ("wrong", "boundary", "missed", "spurious")

    def __init__(self, corpus: Corpus, aligned: Mapping[Measure, Aligned]) -> None:
        self._corpus, self._aligned = corpus, aligned
        self._made: list[dict[str, Any]] | None = None

    def _all(self) -> list[dict[str, Any]]:
        if self._made is None:
            self._made = [
                error
                for measure, aligned in self._aligned.items()
                for error in self._of(measure, aligned)
            ]
        return self._made

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def _of(self, measure: Measure, aligned: Aligned) -> Iterator[dict[str, Any]]:
        if measure.definition.kind == "accuracy":
            wrong = np.flatnonzero(aligned.credit == WRONG)
            yield from (
                self._error(
                    measure,
                    "wrong",
                    aligned.gold,
                    int(aligned.pair_gold[i]),
                    aligned.labels,
                    gold=True,
                )
                for i in wrong
            )
            return
        half = np.flatnonzero(aligned.credit == HALF)
        yield from (
            self._error(
                measure,
                "boundary",
                aligned.predicted,
                int(aligned.pair_predicted[i]),
                aligned.labels,
                gold=False,
            )
            for i in half
        )
        for what, answers, index in (
            ("missed", aligned.gold, aligned.pair_gold),
            ("spurious", aligned.predicted, aligned.pair_predicted),
        ):
            bare: Mask = np.ones(len(answers), dtype=np.bool_)
            bare[index[aligned.credit > WRONG]] = False
            for answer in np.flatnonzero(bare).tolist():
                yield self._error(
                    measure, what, answers, answer, aligned.labels, gold=what == "missed"
                )

    def _error(
        self,
        measure: Measure,
        what: str,
        answers: Answers,
        index: int,
        labels: Sequence[str],
        *,
        gold: bool,
    ) -> dict[str, Any]:
        doc, record = int(answers.doc[index]), int(answers.record[index])
        zone = self._corpus.units.zones[int(self._corpus.units.zone[answers.unit[index]])]
        document = self._corpus.golds[doc]
        holder: Document | Prediction = document if gold else self._corpus.predictions[doc]
        error: dict[str, Any] = {
            "measure": str(measure),
            "doc_id": document.doc_id,
            "error": what,
            "label": labels[int(answers.label[index])],
        }
        error |= {"zone": zone, "index": record}
        records = records_of(holder, measure.definition.records)
        if record >= len(records) or not (gold or measure.definition.predicted_as_records):
            return error
        found = records[record]
        spans = (
            [(s.start, s.end) for s in found.content]
            if isinstance(found, Quote)
            else [(found.start, found.end)]
        )
        text = " … ".join(document.text[start:end] for start, end in spans)
        return error | {"id": found.id, "spans": [list(span) for span in spans], "text": text}
