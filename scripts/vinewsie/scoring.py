"""From gold and predictions to a result: align every document, add the counts up, derive the rates at the end."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vinewsie import extractors
from vinewsie import measures as measure_names
from vinewsie.findings import FindingsError, errors
from vinewsie.formats import native
from vinewsie.gold import Gold, load
from vinewsie.layers import LAYERS
from vinewsie.layers.base import Aligned, Answer, Case
from vinewsie.measures import Measure
from vinewsie.model import Document, Prediction, Quote, Segment, records_of
from vinewsie.registry import SpeakerNames
from vinewsie.result import Counts, Result, Score

Predictions = str | Path | Iterable[object] | Callable[[Document], object]
NO_ZONE = "(none)"
"""Stands for the zone of a predicted surface that has no place in the text."""


def score(
    predictions: Predictions,
    gold: Gold | str | Path | None = None,
    *,
    measures: Sequence[str | Measure] | None = None,
    skip_invalid: bool = False,
) -> Result:
    """Scores predictions, or an extractor, against gold.

    Args:
        predictions: a native JSON Lines file, an iterable of predicted documents, or an extractor: a callable that is given a
            document without labels and returns its prediction.
        gold: the gold; by default the packaged articles. A path is loaded.
        measures: what to measure; by default the headline measures on the whole page and on the article alone.
        skip_invalid: score the rest when records are wrong; each of these counts as spurious and is listed.

    Returns:
        The result, with the measures in the order asked for.

    Raises:
        FindingsError: the predictions are wrong; nothing was scored. Carries every finding.
        MeasureError: a measure is unknown.
    """
    wanted = [m if isinstance(m, Measure) else measure_names.parse(m) for m in measures] if measures else measure_names.headline()
    wanted = list(dict.fromkeys(wanted))
    gold = gold if isinstance(gold, Gold) else load(gold)
    name = None
    source: Path | Iterable[object]
    if callable(predictions):
        name = extractors.name_of(predictions)
        source = extractors.run(predictions, gold.values())
    else:
        source = Path(predictions) if isinstance(predictions, str) else predictions
    read = native.read_predictions(source, gold, vocabularies=gold.packaged, skip_invalid=skip_invalid)
    if errors(read.findings):
        raise FindingsError(read.findings)
    return score_predictions(read, gold, wanted, extractor=name, skip_invalid=skip_invalid)


def score_predictions(
    read: native.ReadPredictions,
    gold: Gold,
    wanted: Sequence[Measure],
    *,
    extractor: str | None = None,
    skip_invalid: bool = False,
) -> Result:
    """Scores predictions that were read and checked already; see :func:`score`."""
    cases = [
        Case(document, read.by_doc.get(doc_id, Prediction(doc_id=doc_id)), SpeakerNames(document, gold.registry))
        for doc_id, document in gold.items()
    ]
    missing = [doc_id for doc_id in gold if doc_id not in read.by_doc]
    resolve = "surface" if read.placed or any(u.reason == "not_in_text" for p in read.by_doc.values() for u in p.unplaced) else "none"
    scores: dict[str, Score] = {}
    wrong: list[dict[str, Any]] = []
    for measure in wanted:
        tally = _Tally(measure)
        for case in cases:
            aligned = measure.definition.align(case, measure.values)
            wrong += tally.add(case, aligned)
        scores[str(measure)] = tally.score()
    return Result(
        dataset={
            "name": gold.name,
            "version": gold.version,
            "sha256": gold.sha256,
            "guideline_version": gold.guideline_version,
            "documents": list(gold),
        },
        extractor=extractor,
        predictions={
            "sha256": hashlib.sha256("".join(native.encode(c.prediction) + "\n" for c in cases).encode()).hexdigest(),
            "missing": missing,
            "not_in_text": [{"doc_id": d, **_listed(u)} for d, p in read.by_doc.items() for u in p.unplaced if u.reason == "not_in_text"],
            "skipped": [str(f) for f in read.findings if f.code != "not-in-text"] if skip_invalid else [],
        },
        resolve=resolve,
        skip_invalid=skip_invalid,
        measures=scores,
        errors=wrong,
    )


def _listed(unplaced: Any) -> dict[str, Any]:
    return {"layer": unplaced.layer, "index": unplaced.index, "text": unplaced.text}


class _Tally:
    """Adds up the counts of one measure over documents, in total, by label and by zone, and lists what is wrong."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        values = measure.values
        self._article_only = values["zone"] == "article"
        self._label = values.get("label")
        self._total: Counter[str] = Counter()
        self._by_label: dict[str, Counter[str]] = {}
        self._by_zone: dict[str, Counter[str]] = {}

    def add(self, case: Case, aligned: Aligned) -> list[dict[str, Any]]:
        """Adds one document; returns its gold answers that were missed and its predictions that are spurious.

        A matched prediction stands under the label and in the zone of its gold answer, so the parts add up to the total.
        """
        gold_of = {p: g for g, p in aligned.pairs}
        matched = set(gold_of.values())
        wrong = []
        for g, answer in enumerate(aligned.golds):
            zone, kept = self._place(case, answer)
            if kept:
                self._count("gold", answer.label, zone)
                if g in matched:
                    self._count("matched", answer.label, zone)
                else:
                    wrong.append(self._error("missed", case, answer, zone))
        for p, answer in enumerate(aligned.predicted):
            of = aligned.golds[gold_of[p]] if p in gold_of else answer
            zone, kept = self._place(case, of)
            if kept:
                self._count("predicted", of.label, zone)
                if p not in gold_of:
                    wrong.append(self._error("spurious", case, answer, zone))
        return wrong

    def _place(self, case: Case, answer: Answer) -> tuple[str, bool]:
        """The zone of an answer, and whether the measure's filters keep it. What has no place in the text counts everywhere."""
        segment: Segment | None = case.gold.segment_at(answer.offset) if answer.offset is not None else None
        outside = self._article_only and segment is not None and segment.item != 0
        kept = not outside and (self._label is None or answer.label == self._label)
        return (segment.zone if segment else NO_ZONE), kept

    def _count(self, what: str, label: str, zone: str) -> None:
        self._total[what] += 1
        self._by_label.setdefault(label, Counter())[what] += 1
        self._by_zone.setdefault(zone, Counter())[what] += 1

    def _error(self, what: str, case: Case, answer: Answer, zone: str) -> dict[str, Any]:
        holder = case.gold if what == "missed" else case.prediction
        error: dict[str, Any] = {
            "measure": str(self.measure),
            "doc_id": case.gold.doc_id,
            "error": what,
            "label": answer.label,
            "zone": zone,
        }
        if answer.offset is None:
            return error | {"index": answer.record}
        record = records_of(holder, LAYERS[self.measure.layer].records)[answer.record]
        spans = [(s.start, s.end) for s in record.content] if isinstance(record, Quote) else [(record.start, record.end)]
        text = " … ".join(case.gold.text[start:end] for start, end in spans)
        return error | {"id": record.id, "index": answer.record, "spans": [list(s) for s in spans], "text": text}

    def score(self) -> Score:
        return Score(
            counts=_counts(self._total),
            by_label={label: _counts(self._by_label[label]) for label in sorted(self._by_label)},
            by_zone={zone: _counts(self._by_zone[zone]) for zone in sorted(self._by_zone)},
        )


def _counts(counter: Mapping[str, int]) -> Counts:
    return Counts(gold=counter.get("gold", 0), predicted=counter.get("predicted", 0), matched=counter.get("matched", 0))
