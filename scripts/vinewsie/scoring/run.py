"""Scoring: align gold and predictions, count by unit, add up, derive the rates at the end.

Documents are scored in parts. There is one part unless an engine distributes the documents; counts
of parts add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from vinewsie.defaults import RESAMPLES, UnitChoice
from vinewsie.extractors import running
from vinewsie.extractors.answers import total
from vinewsie.extractors.running import ExtractorRun
from vinewsie.findings import FindingsError, VinewsieError, errors
from vinewsie.model import Document, MetadataValue, Prediction, records_of
from vinewsie.packed import Ints, Packed
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.gold import Gold, load
from vinewsie.reading.placing import NO_ANSWER
from vinewsie.reading.plain import InOrder, as_held, held_of, not_plain
from vinewsie.reading.predictions import ReadPredictions, read_predictions
from vinewsie.reading.surfaces import SURFACE
from vinewsie.scheme import LAYERS
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring import diagnostics, resampling
from vinewsie.scoring.alignment import Aligned
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.counting import filtered, score_of
from vinewsie.scoring.definitions import Status
from vinewsie.scoring.diagnostics import Diagnostics, diagnose
from vinewsie.scoring.errors import ERROR_KINDS, ErrorList, errors_of
from vinewsie.scoring.measures import (
    Measure,
    accepted_labels,
    check_label_map,
    check_labels,
    wanted,
)
from vinewsie.scoring.result import (
    RECORDS,
    Counts,
    DatasetInfo,
    EpochInfo,
    ErrorRecord,
    GroupInfo,
    Intervals,
    IntervalUnit,
    LabelMapInfo,
    Missing,
    PredictionInfo,
    Result,
    Score,
    UnitCounts,
    UnplacedSurface,
)
from vinewsie.scoring.shifts import shift_warning

Predictions = str | Path | Iterable[object] | Callable[[Document], object] | ExtractorRun


@dataclass(frozen=True)
class Epochs:
    """The answers of an extractor that was asked about the same documents several times.

    Args:
        answers: those of each epoch, as :func:`score` takes them: files, iterables, callables.
    """

    answers: Sequence[Predictions]


class EpochsError(VinewsieError):
    """Epochs are not answers to the same documents."""


def score(
    predictions: Predictions | Epochs,
    gold: Gold | str | Path | None = None,
    *,
    measures: Sequence[str | Measure] | None = None,
    scheme: str | None = None,
    labels: LabelMap | Mapping[str, str | None] | None = None,
    skip_invalid: bool = False,
    resolve: str = SURFACE,
    missing: Missing = "dash",
    input_format: InputFormat | None = None,
    resamples: int = RESAMPLES,
    interval_unit: UnitChoice = "auto",
    where: Mapping[str, MetadataValue] | None = None,
    docs: Iterable[str] | None = None,
    by: str | None = None,
    progress: ProgressCallback = no_progress,
    engine: Engine | None = None,
) -> Result:
    """Scores predictions, or an extractor, against gold.

    A measure has no rates, and a status that gives the reason, where the gold as a whole has
    nothing to compare with, and where no prediction mentions the layer.

    >>> import vinewsie as vn
    >>> prediction = {
    ...     "doc_id": "epochtimes-vn-20220815",
    ...     "entities": [{"start": 0, "end": 4, "type": "ORG"}],
    ... }
    >>> result = vn.score([prediction], measures=["entities.strict"], resamples=0)
    >>> result["entities.strict"].counts.matched
    1

    Args:
        predictions: a file of any format that :mod:`vinewsie.formats` has; an iterable of predicted
            documents; or an extractor, which is a callable from a document without labels to its
            prediction. A document on which it fails counts as missing. :class:`Epochs` are scored
            together: counts are those of all epochs, intervals resample a document with all its
            answers, and the result has each epoch's value.
        gold: the gold; by default the packaged articles. A path is loaded.
        measures: measures or their names; by default the headline measures on the whole page and
            on the article alone.
        scheme: the label inventory of those measures of entities that name none.
        labels: a label map: the new label of each entity label, applied to both sides before any
            scheme; None drops a label.
        skip_invalid: whether to skip wrong records and score the rest; a skipped record counts as
            spurious and is listed.
        resolve: how surfaces without offsets are placed: ``surface`` (as they stand) or ``letters``
            (also where the text was changed).
        missing: ``zero`` counts a layer that no prediction mentions as empty; ``dash`` does not
            score it. Where no layer is mentioned at all, all count as empty.
        input_format: the format of the predictions and its columns; by default detected from their
            content.
        resamples: bootstrap resamples for the intervals; 0 for no intervals.
        interval_unit: what intervals resample: ``document``, ``segment`` (within documents), or
            ``auto``: documents if there are at least 20.
        where: score only the documents whose metadata have these values.
        docs: score only the documents with these ids, or patterns of ids (``*``, ``?``, ``[…]``).
        by: also score the documents by their values of this field of the metadata.
        progress: called with a line for each step.
        engine: scores the documents that were read; by default :func:`score_part`, all at once.

    Returns:
        The result, with the measures in the order asked for.

    Raises:
        FindingsError: the predictions are wrong; nothing was scored. Carries every finding.
        MeasureError: a measure is unknown; or a scheme or a label map is given, and none of the
            measures takes it.
        SelectionError: the gold has no such document, field or value.
        ExtractorError: the extractor failed on every document.
        EpochsError: epochs have answers to different documents, or there are none.
    """
    asked = wanted(measures, scheme)
    own = labels if labels is None or isinstance(labels, LabelMap) else LabelMap.of(labels)
    check_label_map(asked, own)
    if not isinstance(gold, Gold):
        progress("reading gold")
        gold = load(gold)
    if gold.packaged:
        check_labels(asked, own)
    part = gold.only(where, docs)
    groups: GroupInfo | None = None
    if by is not None:
        groups = {"field": by, "documents": dict(sorted(part.values_of(by).items()))}
    progress(f"reading predictions for {len(gold)} documents")
    accepted = accepted_labels(asked, gold.packaged, own)
    answers = predictions.answers if isinstance(predictions, Epochs) else [predictions]
    runs: list[ExtractorRun] = []
    failures: list[dict[str, str]] = []
    found: list[ReadPredictions] = []
    parts: list[Part] = []
    for epoch, subject in enumerate(answers, start=1):
        if callable(subject):
            subject = running.run_here(subject, list(part.values()))
        if isinstance(subject, ExtractorRun):
            runs.append(subject)
            subject = subject.outputs
        read = read_predictions(
            Path(subject) if isinstance(subject, str | Path) else subject,
            gold.documents,
            labels=accepted,
            skip_invalid=skip_invalid,
            input_format=input_format,
            resolve=resolve,
        )
        if errors(read.findings):
            raise FindingsError(read.findings)
        if part is not gold:
            others = gold.documents.keys() - part.documents.keys()
            read.findings = [f for f in read.findings if f.doc_id not in others]
        failures.append(_unanswered(read) | (runs[-1].failures if runs else {}))
        scored = (engine or _at_once)(
            read, part, asked, skip_invalid=skip_invalid, labels=own, progress=progress
        )
        parts += [replace(one, epoch=epoch) for one in scored] if len(answers) > 1 else scored
        found.append(read)
    if not runs:
        _check_epochs(found, failures)
    # Not a list: predictions that were read as columns would all be made.
    answered = (prediction for read in found for prediction in read.by_doc.values())
    parts[0].warnings[:0] = [*gold.warnings, *_unused(own, gold, answered)]
    progress(f"{resamples} resamples")
    result = assemble(
        parts,
        cast(DatasetInfo, part.about()),
        extractor=runs[0].name if runs else None,
        skip_invalid=skip_invalid,
        missing=missing,
        resamples=resamples,
        interval_unit=interval_unit,
    )
    about_labels: LabelMapInfo | None = None
    if own is not None:
        about_labels = {
            "sha256": own.sha256,
            "renames_gold": _renames(own, gold),
            "map": dict(own),
        }
    about = result.predictions.copy()
    if runs or any(failures):
        about["failures"] = running.failures_of(failures)
    if runs:
        about["versions"] = runs[0].versions
        about.setdefault("info", {})
    return replace(result, labels=about_labels, predictions=about, by=groups)


def _unanswered(read: ReadPredictions) -> dict[str, str]:
    """Takes the reasons why a source has no answers out of the findings, by ``doc_id``."""
    found = {str(f.doc_id): f.message for f in read.findings if f.code == NO_ANSWER}
    read.findings = [f for f in read.findings if f.code != NO_ANSWER]
    return found


def _check_epochs(read: Sequence[ReadPredictions], failures: Sequence[Mapping[str, str]]) -> None:
    """Refuses epochs that were hardly meant as such.

    Args:
        read: the predictions of each epoch.
        failures: the documents that each epoch has no answer for.

    Raises:
        EpochsError: there are none, or one has answers to other documents than the first.
    """
    if not read:
        raise EpochsError("there are no epochs to score")
    asked = [one.by_doc.keys() | failed.keys() for one, failed in zip(read, failures, strict=True)]
    for number, other in enumerate(asked[1:], start=2):
        if different := asked[0] ^ other:
            raise EpochsError(
                f"epochs are answers to the same documents, but only one of 1 and {number} has "
                f"{', '.join(sorted(different)[:3])}; files that divide the documents are scored "
                "as one: put them in a folder"
            )


def _unused(labels: LabelMap | None, gold: Gold, predictions: Iterable[Prediction]) -> list[str]:
    """A warning for a label map none of whose labels occurs, as a misspelt one."""
    if not labels:
        return []
    holders: list[Document | Prediction] = [*gold.values(), *predictions]
    found = {entity.type for holder in holders for entity in holder.entities}
    if found & labels.keys():
        return []
    return [
        f"warning: none of the labels in the label map ({', '.join(labels)}) occurs; "
        f"the labels are {', '.join(sorted(map(str, found)))}"
    ]


def _renames(labels: LabelMap, gold: Gold) -> bool:
    """Whether a label map changes any label of the gold."""
    there = {
        entity.type
        for document in gold.values()
        for entity in document.entities
        if entity.type is not None
    }
    return any(labels.get(label, label) != label for label in there)


class ScoredDetails:
    """Errors, diagnostics and hashes of some documents, made when they are first read.

    A pickle has these values, not the corpus.

    Args:
        corpus: gold and predictions.
        aligned: the alignment of each measure, filtered.
    """

    def __init__(self, corpus: Corpus, aligned: Mapping[Measure, Aligned]) -> None:
        self._corpus, self._aligned = corpus, aligned

    @cached_property
    def errors(self) -> Sequence[ErrorRecord]:
        """The errors, by measure, kind and document."""
        return ErrorList(
            [
                group
                for measure, aligned in self._aligned.items()
                for group in errors_of(self._corpus, measure, aligned)
            ]
        )

    @cached_property
    def diagnostics(self) -> Diagnostics:
        """The diagnostics of the layers that were measured."""
        return diagnose(self._corpus, {measure.layer for measure in self._aligned})

    @cached_property
    def digests(self) -> list[str]:
        """The sha256 of each prediction in the native format."""
        return [native.digest(held) for held in as_held(self._corpus.predictions)]

    @cached_property
    def records(self) -> Sequence[Prediction] | None:
        """The predictions; of a pickle, None if they have more than :data:`RECORDS` records."""
        return self._corpus.predictions

    @cached_property
    def record_count(self) -> int:
        """The number of predicted records, with those that have no place."""
        corpus = self._corpus
        packed = corpus.packed.get(False)
        layers = [layer for layer in LAYERS if packed is None or layer != "entities"]
        return (0 if packed is None else len(packed.start)) + sum(
            len(p.unplaced) + sum(len(records_of(p, layer)) for layer in layers)
            for _, p in not_plain(corpus.predictions)
        )

    def __getstate__(self) -> dict[str, Any]:
        names = ("errors", "diagnostics", "digests", "record_count", "records")
        few = self.record_count <= RECORDS
        records = list(self.records or ()) if few else None
        made = (list(self.errors), self.diagnostics, self.digests, self.record_count, records)
        return dict(zip(names, made, strict=True))


@dataclass
class Part:
    """The scores of some of the documents.

    Args:
        documents: their ids.
        sizes: (n_documents,) int64, the units of each, the one for text outside segments first.
        line: (n_units,) int64, the first unit of the document that has the same text.
        scores: their counts, with units numbered within the part.
        missing: the ids of documents without a prediction.
        not_in_text: predicted surfaces that do not occur in the text.
        skipped: findings of skipped records.
        warnings: all other findings.
        resolved: how surfaces without offsets were placed.
        annotated: for each measure, and those of diagnostics, whether the gold has values to
            compare with; None where it has no records.
        layers: the layers that are annotated, be it without records; None if that is not known.
        offered: the layers that the predictions mention.
        details: errors, diagnostics and hashes.
        info: what the extractor reports about its work, by document.
        epoch: the epoch of the predictions, from 1; 0 if there is only one.
    """

    documents: list[str]
    sizes: Ints
    line: Ints
    scores: dict[Measure, Score]
    missing: list[str]
    not_in_text: list[UnplacedSurface]
    skipped: list[str]
    warnings: list[str]
    resolved: frozenset[str]
    annotated: dict[Measure, bool | None]
    layers: frozenset[str] | None
    offered: frozenset[str]
    details: ScoredDetails
    info: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    epoch: int = 0


class Engine(Protocol):
    """Scores predictions that were read and checked already, in parts; see :func:`score_part`."""

    def __call__(
        self,
        read: ReadPredictions,
        gold: Gold,
        asked: Sequence[Measure],
        *,
        skip_invalid: bool,
        labels: LabelMap | None,
        progress: ProgressCallback,
    ) -> list[Part]:
        """The parts. The first one has the reports of all."""


def _at_once(read: ReadPredictions, gold: Gold, asked: Sequence[Measure], **how: Any) -> list[Part]:
    return [score_part(read, gold, asked, **how)]


def reports(
    read: ReadPredictions, gold: Gold, *, skip_invalid: bool
) -> tuple[list[str], list[str]]:
    """The findings of skipped records; and all other findings, with a warning if the offsets of the
    predictions seem to be shifted.
    """
    predicted = _in_order(read, gold)
    shift = None
    if gold.packed is not None and predicted is not None:
        shift = shift_warning(gold.packed, predicted)
    warnings = [] if shift is None else [shift]
    if skip_invalid:
        return [str(f) for f in read.findings if f.code != "not-in-text"], warnings
    return [], [*map(str, read.findings), *warnings]


def score_part(
    read: ReadPredictions,
    gold: Gold,
    asked: Sequence[Measure],
    *,
    skip_invalid: bool = False,
    labels: LabelMap | None = None,
    progress: ProgressCallback = no_progress,
) -> Part:
    """Scores predictions that were read and checked already.

    Args:
        read: the predictions.
        gold: the gold documents.
        asked: the measures.
        skip_invalid: whether wrong records were skipped.
        labels: a user-supplied label map.
        progress: called with a line for each step.
    """
    golds = InOrder([held_of(gold.documents, doc_id) for doc_id in gold])
    predictions = InOrder(
        [
            held_of(read.by_doc, doc_id) if doc_id in read.by_doc else Prediction(doc_id=doc_id)
            for doc_id in gold
        ]
    )
    packed = {True: gold.packed, False: _in_order(read, gold)}
    corpus = Corpus(golds, predictions, gold.registry, label_map=labels, packed=packed)
    not_in_text: list[UnplacedSurface] = [
        {"doc_id": p.doc_id, "layer": u.layer, "index": u.index, "text": u.text}
        for _, p in predictions.not_plain()
        for u in p.unplaced
        if u.reason == "not_in_text"
    ]
    skipped, warnings = reports(read, gold, skip_invalid=skip_invalid)
    aligned = {}
    for measure in asked:
        progress(f"aligning {measure}")
        aligned[measure] = filtered(corpus, measure)
    return Part(
        documents=list(gold),
        sizes=np.bincount(corpus.units.doc, minlength=len(predictions)),
        line=corpus.units.line,
        scores={measure: score_of(corpus, a, measure) for measure, a in aligned.items()},
        missing=[doc_id for doc_id in gold if doc_id not in read.by_doc],
        not_in_text=not_in_text,
        skipped=skipped,
        warnings=warnings,
        resolved=frozenset(read.resolved or ({SURFACE} if not_in_text else ())),
        annotated={
            measure: measure.definition.annotated(corpus)
            for measure in (*asked, *diagnostics.measures(m.layer for m in asked))
        },
        layers=gold.layers,
        offered=frozenset(read.offered),
        details=ScoredDetails(corpus, aligned),
        info={doc_id: info for doc_id, info in read.info.items() if doc_id in gold},
    )


def _in_order(read: ReadPredictions, gold: Gold) -> Packed | None:
    """The packed entities of the predictions in the order of the gold, where they were packed."""
    if read.packed is None:
        return None
    number = {doc_id: n for n, doc_id in enumerate(read.by_doc)}
    return read.packed.take(np.array([number.get(doc_id, -1) for doc_id in gold], dtype=np.int64))


class JoinedDetails:
    """The details of all parts as one, made when they are first read.

    Args:
        parts: the parts.
        place: the place of each document in the order of the gold.
        scored: whether a measure is scored; there are no details of others.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        place: Mapping[str, int],
        scored: Callable[[Measure], bool],
    ) -> None:
        self._parts, self._place, self._scored = parts, place, scored

    @cached_property
    def errors(self) -> Sequence[ErrorRecord]:
        """The errors, by measure, kind and document."""
        scored = [measure for measure in self._parts[0].scores if self._scored(measure)]
        first = self._parts[0].details.errors
        if len(self._parts) == 1 and isinstance(first, ErrorList):
            return first.only(scored)
        measures = {str(measure): n for n, measure in enumerate(scored)}
        return sorted(
            (
                error if not part.epoch else {**error, "epoch": part.epoch}
                for part in self._parts
                for error in part.details.errors
                if error["measure"] in measures
            ),
            key=lambda error: (
                measures[error["measure"]],
                ERROR_KINDS.index(error["error"]),
                self._place[error["doc_id"]],
            ),
        )

    @property
    def error_count(self) -> int:
        """The number of errors."""
        return len(self.errors)

    @cached_property
    def diagnostics(self) -> Diagnostics:
        """The diagnostics, added up."""
        summed = _summed([part.details.diagnostics for part in self._parts])
        scored = {
            layer: found
            for layer, found in summed.items()
            if all(map(self._scored, diagnostics.measures([layer])))
        }
        return cast(Diagnostics, scored)

    @cached_property
    def predictions_sha256(self) -> str:
        """The sha256 of the predictions in the order of the gold."""
        by_place = sorted(
            (self._place[doc_id], digest)
            for part in self._parts
            for doc_id, digest in zip(part.documents, part.details.digests, strict=True)
        )
        return native.joined_digest(digest for _, digest in by_place)

    @cached_property
    def records(self) -> Sequence[Prediction] | None:
        """The predictions in the order of the gold; see :attr:`Result.records`."""
        if self._parts[0].epoch:
            return None
        held = [part.details.records for part in self._parts]
        if len(held) == 1:
            return held[0]
        if any(records is None for records in held):
            return None
        every = (prediction for records in held for prediction in records or ())
        return sorted(every, key=lambda prediction: self._place[prediction.doc_id])

    @property
    def record_count(self) -> int:
        """The number of predicted records."""
        return sum(part.details.record_count for part in self._parts)


def assemble(
    parts: Sequence[Part],
    dataset: DatasetInfo,
    *,
    extractor: str | None = None,
    skip_invalid: bool = False,
    missing: Missing = "dash",
    resamples: int = 0,
    interval_unit: UnitChoice = "auto",
) -> Result:
    """Adds parts up to one result, which does not depend on how the documents were divided.

    Args:
        parts: the parts, of which each has the same measures.
        dataset: identifies the gold; its ``documents`` give the order.
        extractor: the name of the extractor that made the predictions.
        skip_invalid: whether wrong records were skipped.
        missing: how a layer that no prediction mentions is counted.
        resamples: bootstrap resamples for the intervals; 0 for none.
        interval_unit: what intervals resample.
    """
    status = _statuses(parts, missing)
    place = {doc_id: number for number, doc_id in enumerate(dataset["documents"])}
    sizes = np.zeros(len(place), dtype=np.int64)
    for part in parts:
        sizes[[place[doc_id] for doc_id in part.documents]] = part.sizes
    numbers = [_numbers(part, place, sizes) for part in parts]
    line = np.zeros(int(sizes.sum()), dtype=np.int64)
    for part, number in zip(parts, numbers, strict=True):
        line[number] = number[part.line]
    unit = resampling.unit_of(interval_unit, sizes, line)
    scores = {measure: _added(measure, parts, place, numbers) for measure in parts[0].scores}
    lacking = {doc_id for part in parts for doc_id in part.missing}
    not_in_text = (lost for part in parts for lost in part.not_in_text)
    if resamples:
        scores = _with_intervals(scores, unit, sizes, line, resamples)
    scores = {m: _with_status(score, status(m)) for m, score in scores.items()}
    epochs = None
    if parts[0].epoch:
        epochs = _epochs(parts, place, numbers, scores)
    warnings = [line for part in parts for line in part.warnings]
    if extractor is None:
        warnings += _left_out(scores, parts)
    about: PredictionInfo = {
        "missing": sorted(lacking, key=place.__getitem__),
        "not_in_text": sorted(not_in_text, key=lambda lost: place[lost["doc_id"]]),
        "skipped": [line for part in parts for line in part.skipped],
        "warnings": warnings,
    }
    infos = [(place[doc_id], info) for part in parts for doc_id, info in part.info.items()]
    if infos:
        infos.sort(key=lambda placed: placed[0])
        about["info"] = total(info for _, info in infos)
    return Result(
        dataset=dataset,
        measures=scores,
        predictions=about,
        extractor=extractor,
        resolve="+".join(sorted(frozenset().union(*(part.resolved for part in parts)))) or "none",
        skip_invalid=skip_invalid,
        missing=missing,
        interval_unit=unit,
        epochs=epochs,
        details=JoinedDetails(parts, place, lambda measure: status(measure) == "scored"),
    )


def _epochs(
    parts: Sequence[Part],
    place: Mapping[str, int],
    numbers: Sequence[Ints],
    scores: Mapping[Measure, Score],
) -> EpochInfo:
    """The value of each measure in each epoch.

    Args:
        parts: the parts of all epochs.
        place: the place of each document in the order of the gold.
        numbers: for each part, (n_units,) int64 numbers of its units.
        scores: the scores of all epochs together.
    """
    count = max(part.epoch for part in parts)
    values: dict[str, list[float | None]] = {str(measure): [] for measure in scores}
    for epoch in range(1, count + 1):
        chosen = [n for n, part in enumerate(parts) if part.epoch == epoch]
        of_epoch, their = [parts[n] for n in chosen], [numbers[n] for n in chosen]
        for measure, score in scores.items():
            alone = _added(measure, of_epoch, place, their)
            values[str(measure)].append(replace(alone, status=score.status).value)
    return {"count": count, "values": values}


def _statuses(parts: Sequence[Part], missing: Missing) -> Callable[[Measure], Status]:
    """The status of each measure, decided over all parts."""
    found = [part.annotated for part in parts]
    unknown = {m for m in found[0] if {False} <= {part[m] for part in found} <= {False, None}}
    offered = frozenset[str]().union(*(part.offered for part in parts))
    layers = {n for part in parts for n in (LAYERS if part.layers is None else part.layers)}

    def status(measure: Measure) -> Status:
        if measure in unknown or measure.definition.records not in layers:
            return "not_annotated"
        # Predictions that mention no layer at all do not tell what they would offer.
        known = missing == "dash" and offered
        if known and offered.isdisjoint(measure.definition.offered_by):
            return "not_offered"
        return "scored"

    return status


def _with_status(score: Score, status: Status) -> Score:
    return score if status == "scored" else replace(score, status=status, ci=None)


def _left_out(scores: Mapping[Measure, Score], parts: Sequence[Part]) -> list[str]:
    """A warning for the layers that the predictions leave out, one line for all."""
    offered = frozenset[str]().union(*(part.offered for part in parts))
    layers = {
        layer: None
        for measure, score in scores.items()
        if score.status == "not_offered" and score.counts.gold
        for layer in measure.definition.offered_by
        if layer not in offered
    }
    if not layers:
        return []
    return [
        f"warning: the predictions mention no {', '.join(layers)}: measures of them are not "
        "scored; --missing zero counts what is not mentioned as empty"
    ]


def _numbers(part: Part, place: Mapping[str, int], sizes: Ints) -> Ints:
    """(n_units,) int64, the numbers of a part's units among the units of all documents.

    Args:
        part: the part.
        place: the place of each document in the order of the gold.
        sizes: (n_documents,) int64, the units of each document.
    """
    first, begin = np.cumsum(sizes) - sizes, np.cumsum(part.sizes) - part.sizes
    docs = np.array([place[doc_id] for doc_id in part.documents], dtype=np.int64)
    numbers: Ints = np.arange(len(part.line)) + np.repeat(first[docs] - begin, part.sizes)
    return numbers


def _added(
    measure: Measure, parts: Sequence[Part], place: Mapping[str, int], numbers: Sequence[Ints]
) -> Score:
    """The score of one measure over all parts, with units numbered over all documents.

    Args:
        measure: the measure.
        parts: the parts.
        place: the place of each document in the order of the gold.
        numbers: for each part, (n_units,) int64 numbers of its units.
    """
    scores = [part.scores[measure] for part in parts]
    units, docs, tables, lines = [], [], [], []
    for part, score, number in zip(parts, scores, numbers, strict=True):
        assert score.by_unit is not None
        doc = np.array([place[doc_id] for doc_id in part.documents], dtype=np.int64)
        units.append(number[score.by_unit.unit])
        docs.append(doc[score.by_unit.doc])
        tables.append(score.by_unit.table)
        lines.append(number[score.by_unit.line])
    unit, doc, table = np.concatenate(units), np.concatenate(docs), np.concatenate(tables, axis=1)
    line = np.concatenate(lines)
    order = np.argsort(unit, kind="stable")
    by_unit = UnitCounts(unit[order], doc[order], table[:, order], line[order])
    if parts[0].epoch:
        by_unit = by_unit.merged()
    return replace(
        scores[0],
        counts=sum((score.counts for score in scores), Counts()),
        by_label=_summed_counts([score.by_label for score in scores]),
        by_zone=_summed_counts([score.by_zone for score in scores]),
        by_unit=by_unit,
        dropped=_both([score.dropped for score in scores]),
        set_aside=_both([score.set_aside for score in scores]),
        unpaired=_summed([score.unpaired for score in scores]),
        pairs=None if scores[0].pairs is None else sum(score.pairs or 0 for score in scores),
    )


def _both(sides: Sequence[tuple[int, int]]) -> tuple[int, int]:
    gold, predicted = zip(*sides, strict=True)
    return sum(gold), sum(predicted)


def _summed_counts(parts: Sequence[Mapping[str, Counts]]) -> dict[str, Counts]:
    names = sorted({name for part in parts for name in part})
    return {name: sum((part.get(name, Counts()) for part in parts), Counts()) for name in names}


def _summed(values: Sequence[Any]) -> Any:
    """Adds up counts in nested mappings; keys are sorted, so that the division into parts does not
    show.
    """
    if not isinstance(values[0], Mapping):
        return sum(values)
    keys = sorted({key for value in values for key in value})
    return {key: _summed([value[key] for value in values if key in value]) for key in keys}


def _with_intervals(
    scores: Mapping[Measure, Score],
    unit: IntervalUnit,
    sizes: Ints,
    line: Ints,
    resamples: int,
) -> dict[Measure, Score]:
    """The scores with intervals, all from the same resamples.

    Args:
        scores: the scores.
        unit: what to resample.
        sizes: (n_documents,) int64, the units of each document.
        line: (n_units,) int64, the first unit of the document that has the same text.
        resamples: number of resamples.
    """
    by_unit = {m: score.by_unit for m, score in scores.items() if score.by_unit is not None}
    first = np.cumsum(sizes) - sizes
    outside = np.zeros(len(line), dtype=np.bool_)
    for counts in by_unit.values():
        outside[np.intersect1d(first, counts.unit)] = True
    clusters = resampling.Clusters.made(unit, sizes, line, outside)
    tables = [clusters.table(counts) for counts in by_unit.values()]
    resampled = resampling.bootstrap(clusters.sizes, tables, resamples)
    found = {}
    for measure, (gold, predicted, credit), rates in zip(by_unit, tables, resampled, strict=True):
        intervals: Intervals = {
            "level": resampling.LEVEL,
            "unit": unit,
            "units": int(clusters.sizes.sum()),
            "method": resampling.METHOD,
            "resamples": resamples,
            "seed": resampling.SEED,
            "note": resampling.note_on(len(sizes), unit),
        }
        stratum, pairs = clusters.stratum, credit / 2
        recall = resampling.interval(rates.recall, pairs, gold, stratum)
        if scores[measure].kind == "accuracy":
            intervals["accuracy"] = recall
        else:
            intervals["precision"] = resampling.interval(rates.precision, pairs, predicted, stratum)
            intervals["recall"] = recall
            intervals["f1"] = resampling.interval(rates.f1, credit, gold + predicted, stratum)
        found[measure] = replace(scores[measure], ci=intervals)
    return {**scores, **found}
