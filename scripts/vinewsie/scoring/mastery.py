"""What an extractor masters: recall, and precision, by phenomenon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vinewsie.model import Document, Mark, Prediction, Quote, records_of
from vinewsie.packed import Ints
from vinewsie.reading.gold import Gold, load
from vinewsie.scoring.phenomena import TABLE, Phenomenon, shown_by
from vinewsie.scoring.resampling import FREE_UNITS, LEVEL
from vinewsie.scoring.result import IntervalUnit, Result
from vinewsie.scoring.run import score

MEASURES = tuple(dict.fromkeys(one.measure for one in TABLE))
"""The measures under which records count as found."""
FEW = 15
"""With fewer cases, a recall says little."""
_MARKED = "quotes.marked"

Place = tuple[str, int]
"""A record: the document and its number in the layer."""
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Mastered:
    """How an extractor fares on a phenomenon.

    Args:
        name: the phenomenon.
        layer: its layer.
        measure: the measure under which a record is found.
        cases: the number of gold records that show it and that the measure counts.
        documents: the number of documents that have one.
        found: the number of those that are found. A mark that holds no speech is found where no
            predicted quoted words overlap it.
        recall: found / cases; None without cases, or where the layer is not offered.
        recall_interval: its 95 % interval.
        predicted: the number of predicted records that show it; None where that cannot be told.
        right: the number of those that match a gold record.
        precision: right / predicted; None without such records.
        precision_interval: its 95 % interval.
        unit: what intervals take for independent; see :func:`share_interval`.
    """

    name: str
    layer: str
    measure: str
    cases: int
    documents: int
    found: int
    recall: float | None
    recall_interval: Interval
    predicted: int | None
    right: int | None
    precision: float | None
    precision_interval: Interval
    unit: IntervalUnit

    @property
    def few(self) -> bool:
        """Whether there are fewer than :data:`FEW` cases."""
        return self.cases < FEW

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "few": self.few}


def phenomena(
    predictions: Any,
    gold: Gold | str | Path | None = None,
    **options: Any,
) -> list[Mastered]:
    """Scores predictions, or an extractor, by phenomenon.

    >>> import vinewsie as vn
    >>> found = vn.phenomena(list(vn.load().values()))
    >>> {one.recall for one in found}
    {1.0}

    Args:
        predictions: as for :func:`vinewsie.score`.
        gold: the gold; by default the packaged articles. A path is loaded.
        options: as for :func:`vinewsie.score`, but for measures and resamples.

    Returns:
        Those with cases or predictions, the lowest recall first.
    """
    if not isinstance(gold, Gold):
        gold = load(gold)
    result = score(predictions, gold, measures=[*MEASURES], resamples=0, **options)
    return mastered(result, gold)


def counts(gold: Gold) -> dict[str, tuple[int, int]]:
    """For each phenomenon of the table, its cases in gold, and the documents that have one."""
    cases = _cases(gold)
    return {one.name: (len(cases[one.name]), len({d for d, _ in cases[one.name]})) for one in TABLE}


def mastered(result: Result, gold: Gold) -> list[Mastered]:
    """The phenomena of a result that has :data:`MEASURES`; see :func:`phenomena`.

    Recall is that of the gold records that show the phenomenon, precision that of the predicted
    records that do; both count a match as the measure does. Intervals have the units of those of
    scores, but not their method; see :func:`share_interval`.

    Args:
        result: the result, with its errors and predicted records.
        gold: the gold.
    """
    missed: defaultdict[str, set[Place]] = defaultdict(set)
    spurious: defaultdict[str, set[Place]] = defaultdict(set)
    claims: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for error in result.errors:
        place = (error["doc_id"], error["index"])
        if error["error"] == "missed":
            missed[error["measure"]].add(place)
        elif error["error"] == "spurious":
            spurious[error["measure"]].add(place)
            if error["measure"] == _MARKED:
                claims[error["doc_id"]] += [(a, b) for a, b in error.get("spans", ())]
    offered = {m for m in MEASURES if m in result and result[m].status == "scored"}
    gold_cases = _cases(gold)
    predictions = {one.doc_id: one for one in result.records or ()}
    guesses = _guesses(gold, predictions)
    unit = result.interval_unit or "document"
    units = _Units(gold, unit)
    found = []
    for one in TABLE:
        cases = gold_cases[one.name]
        guessed = guesses[one.name]
        if not cases and not guessed:
            continue
        scored = one.measure in offered
        lost = missed[one.measure]
        if one.layer == "marks":
            right = [place for place in cases if _kept(gold, place, lost, claims[place[0]])]
        else:
            right = [place for place in cases if place not in lost]
        told = scored and one.layer != "marks" and result.records is not None
        sure = [place for place in guessed if place not in spurious[one.measure]]
        recall, precision = (
            units.interval(total, part, records, one.layer) if wanted else None
            for total, part, records, wanted in (
                (cases, right, gold.documents, scored),
                (guessed, sure, predictions, told),
            )
        )
        found.append(
            Mastered(
                one.name,
                one.layer,
                one.measure,
                len(cases),
                len({doc_id for doc_id, _ in cases}),
                len(right) if scored else 0,
                len(right) / len(cases) if cases and scored else None,
                recall,
                len(guessed) if told else None,
                len(sure) if told else None,
                len(sure) / len(guessed) if guessed and told else None,
                precision,
                unit,
            )
        )
    rank = {one.name: number for number, one in enumerate(TABLE)}
    return sorted(found, key=lambda m: (m.recall is None, m.recall or 0.0, rank[m.name]))


def _cases(gold: Gold) -> defaultdict[str, list[Place]]:
    """The gold records of each phenomenon."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for doc_id, document in gold.items():
        for layer in ("entities", "dates", "marks", "quotes"):
            for place, one in shown_by(document, document, layer):
                found[one.name].append((doc_id, place))
    return found


def _guesses(gold: Gold, predictions: Mapping[str, Prediction]) -> defaultdict[str, list[Place]]:
    """The predicted records of each phenomenon."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for doc_id, prediction in predictions.items():
        for layer in ("entities", "dates", "quotes"):
            for place, one in shown_by(prediction, gold[doc_id], layer):
                found[one.name].append((doc_id, place))
    return found


def _kept(gold: Gold, place: Place, missed: set[Place], claims: Sequence[tuple[int, int]]) -> bool:
    """Whether speech in a mark is found, and what else a mark holds is not taken for speech."""
    mark: Mark = gold[place[0]].marks[place[1]]
    if mark.function == "speech":
        return place not in missed
    return not any(start < mark.end and mark.start < end for start, end in claims)


class _Units:
    """What intervals take for independent: documents, or the lines of all documents, where equal
    lines of a document are one.

    Args:
        gold: the gold.
        unit: documents or segments.
    """

    def __init__(self, gold: Gold, unit: IntervalUnit) -> None:
        self._gold, self._number = gold, {doc_id: n for n, doc_id in enumerate(gold)}
        self._lines = {doc_id: doc.lines() for doc_id, doc in gold.items()}
        self._segments = unit == "segment"

    def _cluster(self, doc_id: str, record: Any) -> tuple[int, int]:
        """The document and the line of a record; the line is 0 where the unit is the document."""
        document: Document = self._gold[doc_id]
        if not self._segments or not document.segments:
            return self._number[doc_id], 0
        start = record.content[0].start if isinstance(record, Quote) else record.start
        starts = [segment.start for segment in document.segments]
        line = int(np.searchsorted(starts, start, side="right")) - 1
        return self._number[doc_id], self._lines[doc_id][max(line, 0)]

    def interval(
        self,
        cases: Sequence[Place],
        right: Iterable[Place],
        holders: Mapping[str, Document | Prediction],
        layer: str,
    ) -> Interval:
        """The interval of a share.

        Args:
            cases: the records.
            right: those that count.
            holders: the side that has them.
            layer: their layer.
        """
        sure = set(right)
        keys = [self._cluster(d, records_of(holders[d], layer)[n]) for d, n in cases]
        number = {key: place for place, key in enumerate(sorted(set(keys)))}
        at = np.array([number[key] for key in keys], dtype=np.int64)
        hit = np.array([place in sure for place in cases], dtype=np.int64)
        return share_interval(
            np.bincount(at, minlength=len(number)),
            np.bincount(at, weights=hit, minlength=len(number)).astype(np.int64),
        )


def share_interval(cases: Ints, right: Ints) -> Interval:
    """The 95 % interval of a share of cases in clusters: Wilson's score interval with the
    effective number of cases, and Student's t for the number of clusters.

    A phenomenon has few cases, and often nearly all or none of them are found; there resamples
    hardly differ, or not at all, and a bootstrap interval is too narrow, or missing. The effective
    number is that of independent cases whose share has the variance that the clusters show. Where
    they show none, as all cases are found, or none, it is the effective number of clusters.

    Args:
        cases: (n_clusters,) int64, the cases of each cluster, at least one.
        right: (n_clusters,) int64, those that count.

    Returns:
        Low and high; None with too few clusters.

    Source: Wilson (1927); Korn and Graubard (1998), confidence intervals for proportions with small
    expected number of positive counts estimated from survey data; Kish (1965).
    """
    from scipy.special import stdtrit

    clusters, total = len(cases), int(cases.sum())
    if clusters - 1 < FREE_UNITS:
        return None
    share = int(right.sum()) / total
    variance = share * (1 - share)
    deviations = right - share * cases
    observed = float((deviations**2).sum()) / total**2 * clusters / (clusters - 1)
    if variance:
        effective = min(variance / observed, total) if observed else total
    else:
        effective = total**2 / int((cases**2).sum())
    quantile = float(stdtrit(clusters - 1, (1 + LEVEL) / 2))
    weight = quantile**2 / effective
    centre = share + weight / 2
    half = float(np.sqrt(weight * (variance + weight / 4)))
    return max((centre - half) / (1 + weight), 0.0), min((centre + half) / (1 + weight), 1.0)


def failed_by_all(results: Sequence[Sequence[Mastered]]) -> list[tuple[str, float, int]]:
    """The phenomena that no extractor masters, the hardest first.

    Args:
        results: of each extractor, its phenomena.

    Returns:
        Name, highest recall of any extractor that offers the layer, and cases; of those with at
        least :data:`FEW` cases, by rising recall.
    """
    best: dict[str, tuple[float, int]] = {}
    for one in (one for result in results for one in result):
        if one.recall is not None and not one.few:
            recall, _ = best.get(one.name, (0.0, 0))
            best[one.name] = (max(recall, one.recall), one.cases)
    return sorted(
        ((name, recall, cases) for name, (recall, cases) in best.items()), key=lambda row: row[1]
    )


def phenomenon(name: str) -> Phenomenon:
    """The entry of the table."""
    return next(one for one in TABLE if one.name == name)
