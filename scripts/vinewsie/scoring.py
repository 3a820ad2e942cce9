"""From gold and predictions to a result: align, count by unit, add up, derive the rates at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vinewsie import diagnostics, extractors, resampling
from vinewsie import measures as measure_names
from vinewsie.columns import Corpus, Ints, Mask
from vinewsie.findings import FindingsError, errors
from vinewsie.formats import native
from vinewsie.gold import Gold, load
from vinewsie.layers import LAYERS
from vinewsie.layers.base import FULL, HALF, WRONG, Aligned, Answers
from vinewsie.measures import Measure
from vinewsie.model import Document, Prediction, Quote, records_of
from vinewsie.result import Counts, Result, Score, UnitCounts

RESAMPLES = 1000
"""Bootstrap resamples for the intervals of a result."""

Predictions = str | Path | Iterable[object] | Callable[[Document], object]


def score(
    predictions: Predictions,
    gold: Gold | str | Path | None = None,
    *,
    measures: Sequence[str | Measure] | None = None,
    skip_invalid: bool = False,
    resamples: int = RESAMPLES,
) -> Result:
    """Scores predictions, or an extractor, against gold.

    Args:
        predictions: a native JSON Lines file, an iterable of predicted documents, or an extractor: a callable that is given a
            document without labels and returns its prediction.
        gold: the gold; by default the packaged articles. A path is loaded.
        measures: what to measure; by default the headline measures on the whole page and on the article alone.
        skip_invalid: score the rest when records are wrong; each of these counts as spurious and is listed.
        resamples: bootstrap resamples for the intervals; 0 for no intervals.

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
    read = native.read_predictions(source, gold, labels=measure_names.accepted_labels(wanted, gold.packaged), skip_invalid=skip_invalid)
    if errors(read.findings):
        raise FindingsError(read.findings)
    return score_predictions(read, gold, wanted, extractor=name, skip_invalid=skip_invalid, resamples=resamples)


def score_predictions(
    read: native.ReadPredictions,
    gold: Gold,
    wanted: Sequence[Measure],
    *,
    extractor: str | None = None,
    skip_invalid: bool = False,
    resamples: int = 0,
) -> Result:
    """Scores predictions that were read and checked already; see :func:`score`."""
    predictions = [read.by_doc.get(doc_id) or Prediction(doc_id=doc_id) for doc_id in gold]
    in_order = read.packed if list(read.by_doc) == list(gold) else None
    corpus = Corpus(list(gold.values()), predictions, gold.registry, packed={True: gold.packed, False: in_order})
    unplaced = [(p.doc_id, u) for p in predictions if p.unplaced for u in p.unplaced]
    by_surface = read.placed or any(u.reason == "not_in_text" for _, u in unplaced)
    aligned = {str(measure): filtered(corpus, measure) for measure in wanted}
    scores = {name: _score(corpus, a, measure_names.parse(name)) for name, a in aligned.items()}
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
            "missing": [doc_id for doc_id in gold if doc_id not in read.by_doc],
            "not_in_text": [
                {"doc_id": doc_id, "layer": u.layer, "index": u.index, "text": u.text}
                for doc_id, u in unplaced
                if u.reason == "not_in_text"
            ],
            "skipped": [str(f) for f in read.findings if f.code != "not-in-text"] if skip_invalid else [],
        },
        resolve="surface" if by_surface else "none",
        skip_invalid=skip_invalid,
        measures=_with_intervals(corpus, scores, resamples) if resamples else scores,
        errors=LazyErrors(corpus, aligned),
        digest=lambda: _digest(predictions),
        diagnose=lambda: diagnostics.diagnose(corpus),
    )


def _with_intervals(corpus: Corpus, scores: Mapping[str, Score], resamples: int) -> dict[str, Score]:
    # The unit of what lies in no segment is one of a document's units only where it holds something.
    units = corpus.units
    real = np.ones(len(units.doc), dtype=np.bool_)
    real[units.first] = False
    by_unit = {name: score.by_unit for name, score in scores.items() if score.by_unit is not None}
    for counts in by_unit.values():
        real[counts.unit] = True
    position = np.cumsum(real) - 1
    sizes = np.bincount(units.doc[real], minlength=len(corpus.golds))
    tables = [(position[counts.unit], resampling.counted(counts)) for counts in by_unit.values()]
    note = resampling.note_on(len(corpus.golds))
    about = {"level": resampling.LEVEL, "unit": resampling.UNIT, "units": int(real.sum()), "resamples": resamples, "seed": resampling.SEED}
    found = {}
    for name, rates in zip(by_unit, resampling.bootstrap(sizes, tables, resamples), strict=True):
        names = {"accuracy": rates.recall} if scores[name].kind == "accuracy" else vars(rates)
        intervals = {rate: resampling.percentile_interval(values) for rate, values in names.items()}
        found[name] = replace(scores[name], ci={**intervals, **about, "note": note})
    return {**scores, **found}


def _digest(predictions: Iterable[Prediction]) -> str:
    digest = hashlib.sha256()
    for prediction in predictions:
        digest.update(native.encode(prediction).encode() + b"\n")
    return digest.hexdigest()


def filtered(corpus: Corpus, measure: Measure) -> Aligned:
    """The alignment of a measure, with the filters that every measure takes (zone, label) applied after it."""
    values = measure.values
    aligned = corpus.once(("measure", measure.alignment), lambda: measure.definition.align(corpus, values))
    if values["zone"] == "article":
        item = corpus.units.item
        aligned = aligned.restricted(item[aligned.golds.unit] == 0, item[aligned.predicted.unit] == 0)
    if "label" in values:
        code = corpus.codes.get(values["label"], -1)
        aligned = aligned.restricted(aligned.golds.label == code, aligned.predicted.label == code)
    return aligned


def _score(corpus: Corpus, aligned: Aligned, measure: Measure) -> Score:
    """Counts in total, by label, by zone and by unit, all of the same alignment.

    A matched prediction stands under the label and in the unit of its gold answer, so the parts add up to the total.
    """
    units = corpus.units
    matching = aligned.credit > WRONG
    label, unit = aligned.predicted.label.copy(), aligned.predicted.unit.copy()
    label[aligned.prediction[matching]] = aligned.golds.label[aligned.gold[matching]]
    unit[aligned.prediction[matching]] = aligned.golds.unit[aligned.gold[matching]]

    def sums(key: Ints, weight: Ints | None, size: int) -> Ints:
        # Doubles add integers exactly up to 2⁵³.
        return np.bincount(key, weights=weight, minlength=size).astype(np.int64)

    def table(gold_key: Ints, predicted_key: Ints, size: int) -> Ints:
        """Rows gold, predicted, matched, partial, incorrect; a column for each key."""
        pair_key = gold_key[aligned.gold]
        rows = [sums(gold_key, aligned.golds.weight, size), sums(predicted_key, aligned.predicted.weight, size)]
        for credit in (FULL, HALF, WRONG):
            chosen = aligned.credit == credit
            rows.append(sums(pair_key[chosen], None if aligned.weight is None else aligned.weight[chosen], size))
        return np.stack(rows)

    labels = table(aligned.golds.label, label, len(aligned.labels))
    by_unit = table(aligned.golds.unit, unit, len(units.doc))
    zones = np.stack([np.bincount(units.zone, weights=row, minlength=len(units.zones)).astype(np.int64) for row in by_unit])
    named = {name: counts for name, counts in zip(aligned.labels, map(_counts, labels.T), strict=True) if counts != Counts()}
    zoned = {name: counts for name, counts in zip(units.zones, map(_counts, zones.T), strict=True) if counts != Counts()}
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
    """Every error of every measure: gold answers that were missed, predictions that are spurious, pairs right by half.

    They are made when somebody reads them: a large corpus has many, and its scores need none.
    """

    def __init__(self, corpus: Corpus, aligned: Mapping[str, Aligned]) -> None:
        self._corpus, self._aligned = corpus, aligned
        self._made: list[dict[str, Any]] | None = None

    def _all(self) -> list[dict[str, Any]]:
        if self._made is None:
            self._made = [error for name, aligned in self._aligned.items() for error in self._of(name, aligned)]
        return self._made

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def _of(self, name: str, aligned: Aligned) -> Iterator[dict[str, Any]]:
        measure = measure_names.parse(name)
        if measure.definition.kind == "accuracy":
            wrong = np.flatnonzero(aligned.credit == WRONG)
            yield from (self._error(measure, "wrong", aligned.golds, int(aligned.gold[i]), aligned.labels, gold=True) for i in wrong)
            return
        half = np.flatnonzero(aligned.credit == HALF)
        yield from (
            self._error(measure, "boundary", aligned.predicted, int(aligned.prediction[i]), aligned.labels, gold=False) for i in half
        )
        for what, answers, index in (("missed", aligned.golds, aligned.gold), ("spurious", aligned.predicted, aligned.prediction)):
            bare: Mask = np.ones(len(answers), dtype=np.bool_)
            bare[index[aligned.credit > WRONG]] = False
            for answer in np.flatnonzero(bare).tolist():
                yield self._error(measure, what, answers, answer, aligned.labels, gold=what == "missed")

    def _error(self, measure: Measure, what: str, answers: Answers, index: int, labels: Sequence[str], *, gold: bool) -> dict[str, Any]:
        doc, record = int(answers.doc[index]), int(answers.record[index])
        zone = self._corpus.units.zones[int(self._corpus.units.zone[answers.unit[index]])]
        document = self._corpus.golds[doc]
        holder: Document | Prediction = document if gold else self._corpus.predictions[doc]
        layer = "marks" if measure.name == "marked" else LAYERS[measure.layer].records
        error: dict[str, Any] = {
            "measure": str(measure),
            "doc_id": document.doc_id,
            "error": what,
            "label": labels[int(answers.label[index])],
        }
        error |= {"zone": zone, "index": record}
        records = records_of(holder, layer)
        if record >= len(records) or (layer == "marks" and not gold):
            return error
        found = records[record]
        spans = [(s.start, s.end) for s in found.content] if isinstance(found, Quote) else [(found.start, found.end)]
        text = " … ".join(document.text[start:end] for start, end in spans)
        return error | {"id": found.id, "spans": [list(span) for span in spans], "text": text}
