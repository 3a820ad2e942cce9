"""From gold and predictions to a result: align, count by unit, add up, derive the rates at the end.

What is scored comes in parts, of which there is one unless an engine spreads the documents; counts
of parts add up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vinewsie.extractors import running
from vinewsie.extractors.running import ExtractorRun
from vinewsie.findings import FindingsError, errors
from vinewsie.model import Document, Prediction
from vinewsie.packed import Ints
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.gold import Gold, load
from vinewsie.reading.predictions import ReadPredictions, read_predictions
from vinewsie.reading.surfaces import SURFACE
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring import diagnostics, resampling
from vinewsie.scoring import measures as measure_names
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.counting import LazyErrors, filtered, score_of
from vinewsie.scoring.measures import Measure
from vinewsie.scoring.result import Counts, Result, Score, UnitCounts

Predictions = str | Path | Iterable[object] | Callable[[Document], object] | ExtractorRun

RESAMPLES = 1000
"""Bootstrap resamples for the intervals of a result."""


def score(
    predictions: Predictions,
    gold: Gold | str | Path | None = None,
    *,
    measures: Sequence[str | Measure] | None = None,
    scheme: str | None = None,
    labels: LabelMap | Mapping[str, str | None] | None = None,
    skip_invalid: bool = False,
    resolve: str = SURFACE,
    input_format: InputFormat | None = None,
    resamples: int = RESAMPLES,
    progress: ProgressCallback = no_progress,
) -> Result:
    """Scores predictions, or an extractor, against gold.

    Args:
        predictions: a file of any format that :mod:`vinewsie.formats` has, an iterable of predicted
            documents, or an extractor: a callable that is given a document without labels and
            returns its prediction. A document on which it fails counts as missing.
        gold: the gold; by default the packaged articles. A path is loaded.
        measures: what to measure; by default the headline measures on the whole page and on the
            article alone.
        scheme: the label inventory of those measures of entities that name none.
        labels: what labels of entities become, on both sides, before any scheme; None for one that
            is dropped.
        skip_invalid: score the rest when records are wrong; each of these counts as spurious and is
            listed.
        resolve: how surfaces without offsets are placed: ``surface`` (as they stand) or ``letters``
            (also where the text was changed).
        input_format: the format of the predictions, where their content should not tell it, and its columns.
        resamples: bootstrap resamples for the intervals; 0 for no intervals.
        progress: called with a line for each step.

    Returns:
        The result, with the measures in the order asked for.

    Raises:
        FindingsError: the predictions are wrong; nothing was scored. Carries every finding.
        MeasureError: a measure is unknown.
        ExtractorError: the extractor failed on every document.
    """
    wanted = measure_names.wanted(measures, scheme)
    own = labels if labels is None or isinstance(labels, LabelMap) else LabelMap.of(labels)
    if not isinstance(gold, Gold):
        progress("reading gold")
        gold = load(gold)
    if gold.packaged:
        measure_names.check_labels(wanted, own)
    progress(f"reading predictions for {len(gold)} documents")
    ran = None
    accepted = measure_names.accepted_labels(wanted, gold.packaged, own)
    if callable(predictions):
        predictions = ran = running.run_here(predictions, list(gold.values()))
    if isinstance(predictions, ExtractorRun):
        ran = predictions
        predictions = ran.outputs
    read = read_predictions(
        Path(predictions) if isinstance(predictions, str | Path) else predictions,
        gold,
        labels=accepted,
        skip_invalid=skip_invalid,
        input_format=input_format,
        resolve=resolve,
    )
    if errors(read.findings):
        raise FindingsError(read.findings)
    part = score_part(read, gold, wanted, skip_invalid=skip_invalid, labels=own, progress=progress)
    part.warnings[:0] = [*gold.warnings, *_unused(own, gold, read.by_doc.values())]
    progress(f"{resamples} resamples")
    result = assemble(
        [part],
        gold.about(),
        extractor=ran.name if ran else None,
        skip_invalid=skip_invalid,
        resamples=resamples,
    )
    about_labels = (
        None if own is None else {"sha256": own.sha256, "renames_gold": _renames(own, gold)}
    )
    return replace(
        result,
        labels=about_labels,
        predictions={**result.predictions, **(ran.about(read.info) if ran else {})},
    )


def _unused(labels: LabelMap | None, gold: Gold, predictions: Iterable[Prediction]) -> list[str]:
    """A warning for a map of labels of which none is there, perhaps for its spelling."""
    if labels is None:
        return []
    holders: list[Document | Prediction] = [*gold.values(), *predictions]
    there = {entity.type for holder in holders for entity in holder.entities}
    if not labels or there & labels.keys():
        return []
    return [
        f"warning: none of the labels in the map ({', '.join(labels)}) is there; labels are {', '.join(sorted(map(str, there)))}"
    ]


def _renames(labels: LabelMap, gold: Gold) -> bool:
    """Whether a map of labels changes any label of the gold."""
    there = {
        entity.type
        for document in gold.values()
        for entity in document.entities
        if entity.type is not None
    }
    return any(labels.get(label, label) != label for label in there)


@dataclass
class Part:
    """What is known of some of the documents once they are scored.

    ``documents`` are their ids, ``sizes`` how many units each has (the one for text outside
    segments first), ``scores`` their counts, with units numbered within the part. What costs time
    and is not always wanted is made on demand.
    """

    documents: list[str]
    sizes: Ints
    scores: dict[str, Score]
    missing: list[str]
    not_in_text: list[dict[str, Any]]
    skipped: list[str]
    warnings: list[str]
    resolved: frozenset[str]
    errors: Sequence[dict[str, Any]]
    digests: Callable[[], list[str]]
    diagnose: Callable[[], dict[str, Any]]


def score_part(
    read: ReadPredictions,
    gold: Gold,
    wanted: Sequence[Measure],
    *,
    skip_invalid: bool = False,
    labels: LabelMap | None = None,
    progress: ProgressCallback = no_progress,
) -> Part:
    """Scores predictions that were read and checked already."""
    predictions = [read.by_doc.get(doc_id) or Prediction(doc_id=doc_id) for doc_id in gold]
    in_order = read.packed if list(read.by_doc) == list(gold) else None
    packed = {True: gold.packed, False: in_order}
    corpus = Corpus(
        list(gold.values()), predictions, gold.registry, label_map=labels, packed=packed
    )
    unplaced = [
        (p.doc_id, u)
        for p in predictions
        if p.unplaced
        for u in p.unplaced
        if u.reason == "not_in_text"
    ]
    aligned = {}
    for measure in wanted:
        progress(f"aligning {measure}")
        aligned[str(measure)] = filtered(corpus, measure)
    return Part(
        documents=list(gold),
        sizes=np.bincount(corpus.units.doc, minlength=len(predictions)),
        scores={
            name: score_of(corpus, a, measure_names.parse(name)) for name, a in aligned.items()
        },
        missing=[doc_id for doc_id in gold if doc_id not in read.by_doc],
        not_in_text=[
            {"doc_id": doc_id, "layer": u.layer, "index": u.index, "text": u.text}
            for doc_id, u in unplaced
        ],
        skipped=[str(f) for f in read.findings if f.code != "not-in-text"] if skip_invalid else [],
        warnings=[] if skip_invalid else [str(f) for f in read.findings],
        resolved=frozenset(read.resolved or ({SURFACE} if unplaced else ())),
        errors=LazyErrors(corpus, aligned),
        digests=lambda: [
            hashlib.sha256(native.encode(prediction).encode()).hexdigest()
            for prediction in predictions
        ],
        diagnose=lambda: diagnostics.diagnose(corpus, {measure.layer for measure in wanted}),
    )


def assemble(
    parts: Sequence[Part],
    dataset: Mapping[str, Any],
    *,
    extractor: str | None = None,
    skip_invalid: bool = False,
    resamples: int = 0,
) -> Result:
    """Adds parts up to one result, which does not depend on how the documents were divided.

    Args:
        parts: the parts, of which each has the same measures.
        dataset: what identifies the gold; its ``documents`` give the order.
        extractor: the name of what made the predictions.
        skip_invalid: whether wrong records were skipped.
        resamples: bootstrap resamples for the intervals; 0 for none.
    """
    place = {doc_id: number for number, doc_id in enumerate(dataset["documents"])}
    sizes = np.zeros(len(place), dtype=np.int64)
    for part in parts:
        sizes[[place[doc_id] for doc_id in part.documents]] = part.sizes
    scores = {name: _added(name, parts, place, sizes) for name in parts[0].scores}
    return Result(
        dataset=dataset,
        extractor=extractor,
        predictions={
            "missing": sorted(
                (doc_id for part in parts for doc_id in part.missing), key=place.__getitem__
            ),
            "not_in_text": sorted(
                (lost for part in parts for lost in part.not_in_text),
                key=lambda lost: place[lost["doc_id"]],
            ),
            "skipped": [line for part in parts for line in part.skipped],
            "warnings": [line for part in parts for line in part.warnings],
        },
        resolve="+".join(sorted(frozenset().union(*(part.resolved for part in parts)))) or "none",
        skip_invalid=skip_invalid,
        measures=_with_intervals(scores, sizes, resamples) if resamples else scores,
        errors=parts[0].errors if len(parts) == 1 else _merged_errors(parts, place),
        digest=lambda: _digest(parts, place),
        diagnose=lambda: _summed([part.diagnose() for part in parts]),
    )


def _added(name: str, parts: Sequence[Part], place: Mapping[str, int], sizes: Ints) -> Score:
    """The score of one measure over all parts, with units numbered over all documents."""
    scores = [part.scores[name] for part in parts]
    first = np.cumsum(sizes) - sizes
    units, docs, tables = [], [], []
    for part, score in zip(parts, scores, strict=True):
        assert score.by_unit is not None
        doc = np.array([place[doc_id] for doc_id in part.documents], dtype=np.int64)[
            score.by_unit.doc
        ]
        begin = (np.cumsum(part.sizes) - part.sizes)[score.by_unit.doc]
        units.append(score.by_unit.unit - begin + first[doc])
        docs.append(doc)
        tables.append(score.by_unit.table)
    unit, doc, table = np.concatenate(units), np.concatenate(docs), np.concatenate(tables, axis=1)
    order = np.argsort(unit, kind="stable")
    return replace(
        scores[0],
        counts=sum((score.counts for score in scores), Counts()),
        by_label=_summed_counts([score.by_label for score in scores]),
        by_zone=_summed_counts([score.by_zone for score in scores]),
        by_unit=UnitCounts(unit[order], doc[order], table[:, order]),
        dropped=(
            sum(score.dropped[0] for score in scores),
            sum(score.dropped[1] for score in scores),
        ),
    )


def _summed_counts(parts: Sequence[Mapping[str, Counts]]) -> dict[str, Counts]:
    names = sorted({name for part in parts for name in part})
    return {name: sum((part.get(name, Counts()) for part in parts), Counts()) for name in names}


def _merged_errors(parts: Sequence[Part], place: Mapping[str, int]) -> list[dict[str, Any]]:
    measures = {name: number for number, name in enumerate(parts[0].scores)}
    kinds = {kind: number for number, kind in enumerate(LazyErrors.KINDS)}
    found = [error for part in parts for error in part.errors]
    return sorted(
        found, key=lambda e: (measures[e["measure"]], kinds[e["error"]], place[e["doc_id"]])
    )


def _digest(parts: Sequence[Part], place: Mapping[str, int]) -> str:
    by_place = sorted(
        (place[doc_id], digest)
        for part in parts
        for doc_id, digest in zip(part.documents, part.digests(), strict=True)
    )
    return hashlib.sha256("".join(digest for _, digest in by_place).encode()).hexdigest()


def _summed(values: Sequence[Any]) -> Any:
    """Counts in nested mappings, added up; in alphabetical order, which no division into parts
    changes.
    """
    if not isinstance(values[0], Mapping):
        return sum(values)
    keys = sorted({key for value in values for key in value})
    return {key: _summed([value[key] for value in values if key in value]) for key in keys}


def _with_intervals(scores: Mapping[str, Score], sizes: Ints, resamples: int) -> dict[str, Score]:
    # The unit of what lies in no segment is one of a document's units only where it holds
    # something.
    real = np.ones(int(sizes.sum()), dtype=np.bool_)
    real[np.cumsum(sizes) - sizes] = False
    by_unit = {name: score.by_unit for name, score in scores.items() if score.by_unit is not None}
    for counts in by_unit.values():
        real[counts.unit] = True
    position = np.cumsum(real) - 1
    held = np.bincount(np.repeat(np.arange(len(sizes)), sizes)[real], minlength=len(sizes))
    tables = [(position[counts.unit], resampling.counted(counts)) for counts in by_unit.values()]
    about = {
        "level": resampling.LEVEL,
        "unit": resampling.UNIT,
        "units": int(real.sum()),
        "resamples": resamples,
        "seed": resampling.SEED,
    }
    found = {}
    for name, rates in zip(by_unit, resampling.bootstrap(held, tables, resamples), strict=True):
        names = {"accuracy": rates.recall} if scores[name].kind == "accuracy" else vars(rates)
        intervals = {rate: resampling.percentile_interval(values) for rate, values in names.items()}
        found[name] = replace(
            scores[name], ci={**intervals, **about, "note": resampling.note_on(len(sizes))}
        )
    return {**scores, **found}
