"""The view model of a scored run: gold and predictions, record beside record.

What every view of a result shows (page, terminal, notebook) is made here, without any markup::

    view = view_of(result, gold, predictions)     # gold: Gold; predictions: by doc_id
    view.documents[case.doc]                      # Pair of documents: gold, prediction
    view.cases                                    # every record of both sides is in one case
    view.errors                                   # the cases with any kind of error
    view["q12"]                                   # the case of an address
    view.fields(case)                             # [FieldPair(name, gold, predicted, differs), …]
    view.select(measure="entities.strict", predicted="spurious", label="ORG")
    view.records_of_case(case)                    # gold and predicted record; None, or Unplaced

A case is a pair of a gold and a predicted record that the scorer aligned, or one record alone. Its
:attr:`Case.outcomes` say how each scored measure counted its records, so the cases that
:meth:`View.select` gives for a count of the result are the answers of that count.
:func:`view_of` refuses records that do not give the counts of the result.

:mod:`vinewsie.report.sources` finds the gold and the predictions of a result.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from vinewsie.defaults import RESAMPLES
from vinewsie.findings import VinewsieError
from vinewsie.model import (
    AnyRecord,
    Document,
    Mark,
    Prediction,
    Quote,
    Span,
    Unplaced,
    records_of,
)
from vinewsie.packed import Ints
from vinewsie.reading.gold import Gold
from vinewsie.report.sources import label_map_of
from vinewsie.scheme.dates import canonical_value
from vinewsie.scoring import attribution, diagnostics
from vinewsie.scoring.align import overlaps
from vinewsie.scoring.alignment import FULL, HALF, WRONG, Aligned
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.contents import sharing
from vinewsie.scoring.counting import filtered, score_of
from vinewsie.scoring.definitions import CONTESTED, FILTERS
from vinewsie.scoring.measures import Measure, make
from vinewsie.scoring.quotations import RELAXED, SPEAKERS, Quotations, best_pairs
from vinewsie.scoring.quotes import Claims, marks_of
from vinewsie.scoring.result import Result
from vinewsie.scoring.thresholds import ThresholdCurve, curve
from vinewsie.text import syllables

LAYERS: Mapping[str, str] = {"entities": "e", "dates": "d", "marks": "m", "quotes": "q"}
"""The layers, each with the letter of its addresses."""

GoldOutcome = Literal["matched", "partial", "incorrect", "missed", "right", "wrong"]
PredictedOutcome = Literal["matched", "partial", "incorrect", "spurious"]

KINDS = (
    "missed",
    "spurious",
    "type",
    "boundary",
    "value",
    "link",
    "speaker",
    "source",
    "cue",
    "parent",
    "quote_kind",
    "scare",
    "unmatched",
)
"""The kinds of error, the most telling first. ``type``, ``boundary`` and ``speaker`` have a detail,
written behind a colon: ``type:ORG>LOC``, ``boundary:too_long``, ``speaker:withheld``.

``scare``: scare quotes that are taken for speech. ``unmatched``: a pair that a measure does not
match although no field that it shows is wrong.
"""


class RecordsDifferError(VinewsieError):
    """Records do not give the counts of a result: they are not those that were scored."""

    exit_code = 1


class CaseOutcome(NamedTuple):
    """How a measure counted the records of a case; None for a side that it did not count there.

    A prediction that matches counts under the label of its gold record, and one in a pair in the
    zone of its gold record, as in the result.
    """

    measure: str
    gold: GoldOutcome | None
    predicted: PredictedOutcome | None
    gold_label: str | None
    predicted_label: str | None
    gold_zone: str | None
    predicted_zone: str | None


class FieldPair(NamedTuple):
    """A field of both records for display; None where a record is missing or has no value."""

    name: str
    gold: str | None
    predicted: str | None
    differs: bool


@dataclass(slots=True)
class Case:
    """A gold and a predicted record that were aligned, or a record alone.

    Args:
        layer: the layer, a key of :data:`LAYERS`.
        doc: the number of the document.
        gold: the place of the gold record in its document; None for none.
        predicted: the place of the predicted record; None for none. Surfaces without a place stand
            after the records.
        near: of a case with one record, the place of the record of the other side that overlaps it
            most.
        address: the letter of the layer and a number in the order of the documents: ``q12``.
        kinds: the kinds of error, see :data:`KINDS`; none for a correct pair.
        differs: the fields in which the records differ.
        label: the label of the gold record, else of the predicted one.
        zone: the zone of the line.
        line: the number of the line in the document, from 1.
        context: start and end of the sentences that hold the records, in code points.
        phenomena: what makes the record hard, such as ``nested``.
        outcomes: how each measure counted the records.
        speakers: of a wrong speaker, each as given, with the step that resolved it and its keys.
        diagnostics: what the diagnostics of the result count the records under, such as
            ``boundary:too_long``. They align by measures of their own, so that a kind of error and
            a diagnostic of the same name need not have the same cases.
    """

    layer: str
    doc: int
    gold: int | None = None
    predicted: int | None = None
    near: int | None = None
    address: str = ""
    kinds: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    label: str = ""
    zone: str = ""
    line: int = 0
    context: tuple[int, int] = (0, 0)
    phenomena: tuple[str, ...] = ()
    outcomes: tuple[CaseOutcome, ...] = ()
    speakers: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    diagnostics: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The first kind of error without its detail; ``correct`` for none."""
        return self.kinds[0].partition(":")[0] if self.kinds else "correct"


@dataclass(frozen=True)
class DocumentPair:
    """A gold document and its prediction."""

    gold: Document
    prediction: Prediction

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(match.end() for match in re.finditer("\n", self.gold.text))]

    def line_at(self, offset: int) -> int:
        """The number of the line of an offset, from 1."""
        return bisect_right(self.line_starts, offset)


@dataclass(frozen=True)
class View:
    """A scored run as cases.

    Args:
        result: the result.
        documents: the documents in the order of the gold.
        cases: the cases by layer, in the order of the text.
        claims: for each document the words that the prediction presents as quoted, which are the
            predicted records of the layer ``marks``.
        names: the name of each key of an entity.
        curves: precision and recall over the threshold, for the measures on the whole page whose
            predictions have scores.
    """

    result: Result
    documents: Sequence[DocumentPair]
    cases: Sequence[Case]
    claims: Mapping[int, Sequence[Mark]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    curves: Sequence[ThresholdCurve] = ()

    @cached_property
    def errors(self) -> list[Case]:
        """The cases with any kind of error."""
        return [case for case in self.cases if case.kinds]

    @cached_property
    def _by_address(self) -> dict[str, Case]:
        return {case.address: case for case in self.cases}

    def __getitem__(self, address: str) -> Case:
        return self._by_address[address]

    def select(
        self,
        *,
        layer: str | None = None,
        kind: str | None = None,
        label: str | None = None,
        zone: str | None = None,
        phenomenon: str | None = None,
        diagnostic: str | None = None,
        measure: str | None = None,
        gold: str | None = None,
        predicted: str | None = None,
    ) -> list[Case]:
        """The cases that pass all filters.

        Args:
            layer: the layer.
            kind: a kind of error, with or without its detail.
            label: the label; under a measure, the one that the chosen side counts under.
            zone: the zone; under a measure, the one that the chosen side counts in.
            phenomenon: the phenomenon.
            diagnostic: what the diagnostics count.
            measure: a scored measure.
            gold: the outcome of the gold record under the measure, ``any`` for any.
            predicted: the outcome of the predicted record under the measure, ``any`` for any.
        """

        def counted(outcome: CaseOutcome) -> bool:
            if outcome.measure != measure:
                return False
            sides = (
                (gold, outcome.gold, outcome.gold_label, outcome.gold_zone),
                (predicted, outcome.predicted, outcome.predicted_label, outcome.predicted_zone),
            )
            return any(
                has is not None
                and (wanted in (has, "any") or (gold is None and predicted is None))
                and label in (None, its_label)
                and zone in (None, its_zone)
                for wanted, has, its_label, its_zone in sides
            )

        def passes(case: Case) -> bool:
            return (
                layer in (None, case.layer)
                and (kind is None or kind in case.kinds or kind in _bare(case.kinds))
                and (phenomenon is None or phenomenon in case.phenomena)
                and (diagnostic is None or diagnostic in case.diagnostics)
                and (
                    any(map(counted, case.outcomes))
                    if measure is not None
                    else label in (None, case.label) and zone in (None, case.zone)
                )
            )

        return [case for case in self.cases if passes(case)]

    def gold_record(self, case: Case, place: int | None = None) -> AnyRecord | None:
        """The gold record of a case, or of another place in its document."""
        place = case.gold if place is None else place
        if place is None:
            return None
        return records_of(self.documents[case.doc].gold, case.layer)[place]

    def predicted_record(self, case: Case, place: int | None = None) -> AnyRecord | Unplaced | None:
        """The predicted record of a case, or of another place in its document."""
        place = case.predicted if place is None else place
        if place is None:
            return None
        if case.layer == "marks":
            return self.claims[case.doc][place]
        prediction = self.documents[case.doc].prediction
        return [*records_of(prediction, case.layer), *_lost(prediction, case.layer)][place]

    def records_of_case(self, case: Case) -> tuple[AnyRecord | None, AnyRecord | Unplaced | None]:
        """The gold and the predicted record; beside a record alone, the one that is near."""
        if case.gold is None:
            return self.gold_record(case, case.near), self.predicted_record(case)
        return self.gold_record(case), self.predicted_record(
            case, case.near if case.predicted is None else None
        )

    def name(self, key: str) -> str:
        """A key with the name of its entity."""
        return f"{self.names[key]} ({key})" if key in self.names else key

    def fields(self, case: Case) -> list[FieldPair]:
        """The fields that either record has a value of, for display."""
        pair = self.documents[case.doc]
        sides = [
            {} if record is None else self._shown(record, pair, predicted=bool(side))
            for side, record in enumerate(self.records_of_case(case))
        ]
        names = dict.fromkeys(name for shown in sides for name in shown)
        alone = case.gold is None or case.predicted is None
        return [
            FieldPair(
                name,
                sides[0].get(name),
                sides[1].get(name),
                sides[0].get(name) != sides[1].get(name) if alone else name in case.differs,
            )
            for name in names
        ]

    def _shown(
        self, record: AnyRecord | Unplaced, pair: DocumentPair, *, predicted: bool
    ) -> dict[str, str]:
        text = pair.gold.text
        if isinstance(record, Unplaced):
            shown = {"text": record.text or "", "type": record.label or "", "place": record.reason}
            return {name: value for name, value in shown.items() if value}

        def words(spans: Iterable[Span | None]) -> str:
            return " … ".join(text[s.start : s.end] for s in spans if s is not None)

        if not isinstance(record, Quote):
            shown = {"text": text[record.start : record.end]}
            for name in ("type", "value", "mod", "entity_id", "function", "status"):
                value = getattr(record, name, None)
                if value is not None:
                    shown[name] = self.name(value) if name == "entity_id" else str(value)
            return shown
        holder = pair.prediction if predicted else pair.gold
        parents = {quote.id: quote for quote in holder.quotes}
        parent = parents.get(record.parent) if record.parent is not None else None
        shown = {
            "content": words(record.content),
            "kind": record.kind or "",
            "cue": words(record.cue),
            "source": words((record.source,)),
            "source_status": record.source_status or "",
            "speakers": ", ".join(map(self.name, record.speakers or ())),
            "addressees": ", ".join(map(self.name, record.addressees)),
            "medium": words((record.medium,)),
            "parent": words(parent.content) if parent is not None else record.parent or "",
        }
        return {name: value for name, value in shown.items() if value}


def _bare(kinds: Iterable[str]) -> list[str]:
    return [kind.partition(":")[0] for kind in kinds]


def _lost(prediction: Prediction, layer: str) -> list[Unplaced]:
    return [unplaced for unplaced in prediction.unplaced if unplaced.layer == layer]


def boundary(gold: tuple[int, int], predicted: tuple[int, int]) -> str:
    """How a predicted span differs from a gold span that it overlaps: ``too_long``, ``too_short``,
    or shifted to the ``left`` or ``right``; the first that applies.

    Args:
        gold: start and end.
        predicted: start and end.
    """
    starts, ends = predicted[0] - gold[0], predicted[1] - gold[1]
    if starts <= 0 <= ends:
        return "too_long"
    if ends <= 0 <= starts:
        return "too_short"
    return "left" if starts < 0 else "right"


CASES = 600_000
"""Largest number of gold and predicted answers, under the first measure of each layer, of which a
view has all documents.
"""


def sampling_step(result: Result) -> int:
    """The step at which documents are taken into the view of a large result; 1 takes all."""
    answers = 0
    first: dict[str, Measure] = {}
    for measure, score in result.measures.items():
        if score.kind == "f1" and score.pairs is None:
            first.setdefault(measure.definition.records, measure)
    for measure in first.values():
        counts = result.measures[measure].counts
        answers += counts.gold + counts.predicted
    return max(1, -(-answers // CASES))


def view_of(result: Result, gold: Gold, predictions: Mapping[str, Prediction]) -> View:
    """The view of a result; of a very large one, see :func:`sampling_step`.

    Args:
        result: the result.
        gold: the gold documents that were scored.
        predictions: the predictions as they were scored, by document.

    Raises:
        RecordsDifferError: the records do not give the counts of the result.
    """
    corpus, aligned = _aligned(result, gold, predictions, sampling_step(result))
    golds, scored = corpus.golds, list(aligned)
    layers: dict[str, _Layer] = {}
    for layer in LAYERS:
        own = [m for m in scored if m.definition.records == layer]
        if own or (layer == "marks" and any(d.marks for d in golds) and _quoted(scored)):
            layers[layer] = _Layer(corpus, layer, own, aligned)
    pairs = [DocumentPair(*pair) for pair in zip(golds, corpus.predictions, strict=True)]
    cases = [case for layer in layers.values() for case in layer.cases(pairs)]
    return View(
        result,
        pairs,
        cases,
        layers["marks"].predicted_records if "marks" in layers else {},
        {key: entry.name_vi or entry.name_en for key, entry in gold.registry.items()},
        _curves(corpus, result, {m: a for m, a in aligned.items() if m.values["zone"] == "page"}),
    )


def curves_of(
    result: Result, gold: Gold, predictions: Mapping[str, Prediction]
) -> list[ThresholdCurve]:
    """Precision and recall over the threshold, for each measure, on all documents.

    Args:
        result: the result.
        gold: the gold documents that were scored.
        predictions: the predictions as they were scored, by document.

    Raises:
        RecordsDifferError: the records do not give the counts of the result.
    """
    corpus, aligned = _aligned(result, gold, predictions, 1)
    return _curves(corpus, result, aligned)


def _aligned(
    result: Result, gold: Gold, predictions: Mapping[str, Prediction], step: int
) -> tuple[Corpus, dict[Measure, Aligned]]:
    """Every ``step``-th document, and the alignment of each scored measure."""
    ids = result.dataset["documents"][::step]
    predicted = [predictions.get(doc_id, Prediction(doc_id=doc_id)) for doc_id in ids]
    golds = [gold[doc_id] for doc_id in ids]
    corpus = Corpus(golds, predicted, gold.registry, label_map=label_map_of(result))
    scored = [m for m, score in result.measures.items() if score.status == "scored"]
    aligned = {measure: filtered(corpus, measure) for measure in scored}
    if step == 1:
        _check_counts(corpus, result, aligned)
    return corpus, aligned


def _curves(
    corpus: Corpus, result: Result, aligned: Mapping[Measure, Aligned]
) -> list[ThresholdCurve]:
    unit = result.interval_unit or "segment"
    made = (
        curve(corpus, measure, found, unit=unit, resamples=RESAMPLES)
        for measure, found in aligned.items()
    )
    return [one for one in made if one is not None]


def _quoted(scored: Iterable[Measure]) -> bool:
    """Whether measures of the layer of quotations are scored."""
    return any(measure.layer == "quotes" for measure in scored)


def _check_counts(corpus: Corpus, result: Result, aligned: Mapping[Measure, Aligned]) -> None:
    for measure, found in aligned.items():
        counts = score_of(corpus, found, measure).counts
        if counts != result.measures[measure].counts:
            raise RecordsDifferError(
                f"{measure}: these records give {counts}, the result has "
                f"{result.measures[measure].counts}; they are not the records that were scored, or "
                f"vinewsie {result.scorer['version']} counted in another way: score them again"
            )


_BASES = {
    "entities": ("entities", "strict"),
    "dates": ("dates", "relaxed"),
    "marks": ("quotes", "marked"),
    "quotes": ("quotes", "relaxed"),
}
"""The measure whose alignment joins the records of a layer."""


def _base(layer: str, scored: Sequence[Measure]) -> Measure:
    """The measure whose alignment joins the records, with the parameters of the first that is
    scored; with vague dates.
    """
    measure = make(*_BASES[layer], {})
    known = {parameter.name for parameter in measure.definition.own_parameters}
    filters = {parameter.name for parameter in FILTERS}
    first = dict(scored[0].params) if scored else {}
    params = {name: value for name, value in first.items() if name in known - filters}
    if layer == "quotes":
        params.pop("view", None)
    if layer == "dates":
        params["vague"] = "include"
    return measure.with_params(**params)


Place = tuple[int, int]
"""A document and the place of a record in it."""


class _Layer:
    """Makes the cases of one layer.

    Args:
        corpus: gold and predictions.
        layer: the layer.
        scored: the scored measures on its records.
        aligned: the alignment of each scored measure, filtered.
    """

    def __init__(
        self,
        corpus: Corpus,
        layer: str,
        scored: Sequence[Measure],
        aligned: Mapping[Measure, Aligned],
    ) -> None:
        self.corpus, self.layer, self.scored = corpus, layer, scored
        self.gold_records: list[tuple[AnyRecord, ...]] = [
            records_of(document, layer) for document in corpus.golds
        ]
        self.predicted_records: Mapping[int, Sequence[Any]] = (
            self._claims()
            if layer == "marks"
            else {
                doc: (*records_of(prediction, layer), *_lost(prediction, layer))
                for doc, prediction in enumerate(corpus.predictions)
            }
        )
        self.base = _base(layer, scored)
        found = self.base.aligned(corpus)
        self.by_gold: dict[Place, Case] = {}
        self.by_predicted: dict[Place, Case] = {}
        self.pairs: list[Case] = []
        golds = _places(found, True)[found.pair_gold]
        predicted = _places(found, False)[found.pair_predicted]
        for (doc, g), (_, p) in zip(golds.tolist(), predicted.tolist(), strict=True):
            case = Case(layer, doc, g, p)
            self.by_gold[doc, g] = self.by_predicted[doc, p] = case
            self.pairs.append(case)
        for doc, records in enumerate(self.gold_records):
            for place in range(len(records)):
                self.by_gold.setdefault((doc, place), Case(layer, doc, place))
        for doc, others in self.predicted_records.items():
            for place in range(len(others)):
                self.by_predicted.setdefault((doc, place), Case(layer, doc, None, place))
        for measure in scored:
            self._add_outcomes(measure, aligned[measure])

    def _claims(self) -> dict[int, list[Mark]]:
        claims = Claims.of(self.corpus)
        found: dict[int, list[Mark]] = defaultdict(list)
        for doc, span in zip(claims.doc, claims.span, strict=True):
            found[doc].append(Mark(start=span.start, end=span.end, function="speech"))
        return found

    def _add_outcomes(self, measure: Measure, aligned: Aligned) -> None:
        """Adds the outcomes of a measure to the cases of its answers."""
        units, name, labels = self.corpus.units, str(measure), aligned.labels
        accuracy = measure.definition.kind == "accuracy"
        lower = measure.definition.lower_is_better
        names: dict[int, str] = (
            {FULL: "wrong" if lower else "right", WRONG: "right" if lower else "wrong"}
            if accuracy
            else {FULL: "matched", HALF: "partial", WRONG: "incorrect"}
        )
        gold_credit = np.full(len(aligned.gold), -1, dtype=np.int64)
        gold_credit[aligned.pair_gold] = aligned.credit
        predicted_credit = np.full(len(aligned.predicted), -1, dtype=np.int64)
        predicted_credit[aligned.pair_predicted] = aligned.credit
        label = aligned.predicted.label.copy()
        unit = aligned.predicted.unit.copy()
        matching = aligned.credit > WRONG
        label[aligned.pair_predicted[matching]] = aligned.gold.label[aligned.pair_gold[matching]]
        unit[aligned.pair_predicted] = aligned.gold.unit[aligned.pair_gold]
        drafts: dict[int, list[list[Any]]] = defaultdict(list)
        cases: dict[int, Case] = {}

        def rows(places: Ints, *columns: Ints) -> Iterator[tuple[Any, ...]]:
            return zip(places.tolist(), *(column.tolist() for column in columns), strict=True)

        for (doc, place), credit, code, one in rows(
            _places(aligned, True), gold_credit, aligned.gold.label, aligned.gold.unit
        ):
            case = self.by_gold[doc, place]
            cases[id(case)] = case
            zone = units.zones[units.zone[one]]
            drafts[id(case)].append(
                [name, names.get(credit, "missed"), None, labels[code], None, zone, None]
            )
        if not accuracy:
            for (doc, place), credit, code, one in rows(
                _places(aligned, False), predicted_credit, label, unit
            ):
                case = self.by_predicted[doc, place]
                cases[id(case)] = case
                zone = units.zones[units.zone[one]]
                # Beside the outcome of the gold record, if that has none yet.
                open_ = next((draft for draft in drafts[id(case)] if draft[2] is None), None)
                if open_ is None:
                    open_ = [name, None, None, None, None, None, None]
                    drafts[id(case)].append(open_)
                open_[2::2] = [names.get(credit, "spurious"), labels[code], zone]
        for key, case in cases.items():
            case.outcomes += tuple(CaseOutcome(*draft) for draft in drafts[key])

    def cases(self, documents: Sequence[DocumentPair]) -> list[Case]:
        """The cases in the order of the text, with kinds, labels and places."""
        kinds: dict[int, list[str]] = defaultdict(list)
        if self.layer == "quotes":
            self._quote_kinds(kinds)
        elif self.layer == "marks":
            self._mark_kinds(kinds)
        else:
            self._span_kinds(kinds)
        every = {id(c): c for c in (*self.by_gold.values(), *self.by_predicted.values())}
        phenomena = self._phenomena()
        self._add_near()
        self._add_diagnostics()
        rank = {kind: number for number, kind in enumerate(KINDS)}
        for key, case in every.items():
            found = kinds[key]
            if case.gold is None and any(o.predicted == "spurious" for o in case.outcomes):
                found.append("spurious")
            elif case.predicted is None and any(
                o.gold in ("missed", "wrong") for o in case.outcomes
            ):
                found.append("missed")
            elif not found and any(
                o.gold in ("missed", "wrong", "incorrect") or o.predicted == "spurious"
                for o in case.outcomes
                if not o.measure.startswith("people.")
            ):
                found.append("unmatched")
            found.sort(key=lambda kind: rank[kind.partition(":")[0]])
            case.kinds = tuple(dict.fromkeys(found))
            case.phenomena = tuple(dict.fromkeys(phenomena.get((case.doc, case.gold), ())))
            self._locate(case, documents[case.doc])
        ordered = sorted(every.values(), key=self._order)
        letter = LAYERS[self.layer]
        for number, case in enumerate(ordered, start=1):
            case.address = f"{letter}{number}"
        return ordered

    def _record(self, case: Case) -> AnyRecord | Unplaced:
        """The gold record of a case, else the predicted one."""
        if case.gold is not None:
            return self.gold_records[case.doc][case.gold]
        assert case.predicted is not None
        found: AnyRecord | Unplaced = self.predicted_records[case.doc][case.predicted]
        return found

    def _order(self, case: Case) -> tuple[Any, ...]:
        spans = _spans_of(self._record(case))
        place = (spans[0].start, -spans[-1].end) if spans else (1 << 60, 0)
        return case.doc, *place, case.gold is None, case.gold or 0, case.predicted or 0

    def _locate(self, case: Case, document: DocumentPair) -> None:
        record = self._record(case)
        spans = _spans_of(record)
        if case.predicted is not None and case.gold is not None:
            spans += _spans_of(self.predicted_records[case.doc][case.predicted])
        own = next((o.gold_label for o in case.outcomes if o.gold_label is not None), None)
        theirs = next((o.predicted_label for o in case.outcomes if o.predicted_label), None)
        shown = self.base.definition.label_field
        given = record.label if isinstance(record, Unplaced) else getattr(record, shown, None)
        first = (own if case.gold is not None else theirs) if self.layer == "entities" else None
        case.label = first or given or ""
        if not spans:
            return
        start, end = min(s.start for s in spans), max(s.end for s in spans)
        anchor = _spans_of(record)[0].start
        case.line = document.line_at(anchor)
        segment = document.gold.segment_at(anchor)
        case.zone = segment.zone if segment is not None else ""
        case.context = sentences_around(document.gold.text, start, end)

    def _add_near(self) -> None:
        """For the records alone, the record of the other side that overlaps each most."""
        sides = (self._extents(True), self._extents(False))
        if not len(sides[0][0]) or not len(sides[1][0]):
            return
        order = np.argsort(sides[1][1], kind="stable")
        right = tuple(column[order] for column in sides[1])
        left = sides[0]
        row, other = overlaps(left[1], left[2], right[1], right[2])
        shared = np.minimum(left[2][row], right[2][other]) - np.maximum(
            left[1][row], right[1][other]
        )
        common: Counter[tuple[int, int, int]] = Counter()
        docs, golds, predicted = left[3][row], left[0][row], right[0][other]
        for doc, g, p, n in zip(
            *(c.tolist() for c in (docs, golds, predicted, shared)), strict=True
        ):
            common[doc, g, p] += n
        for (doc, g, p), _ in sorted(common.items(), key=lambda item: (-item[1], item[0])):
            for case, near in ((self.by_gold[doc, g], p), (self.by_predicted[doc, p], g)):
                if case.near is None and (case.gold is None or case.predicted is None):
                    case.near = near

    def _extents(self, gold: bool) -> tuple[Ints, Ints, Ints, Ints]:
        """Place, start, end (global offsets) and document of each span of a side's records."""
        held = enumerate(self.gold_records) if gold else self.predicted_records.items()
        rows = [
            (place, span.start + base, span.end + base, doc)
            for doc, records in held
            for base in (int(self.corpus.bases[doc]),)
            for place, record in enumerate(records)
            for span in _spans_of(record)
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 4)
        return table[:, 0], table[:, 1], table[:, 2], table[:, 3]

    def _add_diagnostics(self) -> None:
        """Notes what the diagnostics of the result count each record under."""
        corpus = self.corpus
        if self.layer == "entities":
            found = diagnostics.PARTIAL.aligned(corpus)
            labels, credit = found.labels, found.credit.tolist()
            golds = _places(found, True)[found.pair_gold].tolist()
            predicted = found.predicted.record[found.pair_predicted].tolist()
            codes = zip(
                found.gold.label[found.pair_gold].tolist(),
                found.predicted.label[found.pair_predicted].tolist(),
                strict=True,
            )
            for (doc, g), p, (ours, theirs), halves in zip(
                golds, predicted, codes, credit, strict=True
            ):
                case = self.by_gold[doc, g]
                if halves == HALF:
                    sides: Any = self.gold_records[doc][g], self.predicted_records[doc][p]
                    (a, b), (c, d) = ((side.start, side.end) for side in sides)
                    case.diagnostics += (f"boundary:{boundary((a, b), (c, d))}",)
                elif labels[ours] != labels[theirs]:
                    case.diagnostics += (f"confusion:{labels[ours]}>{labels[theirs]}",)
        elif self.layer == "quotes":
            talk = Quotations.of(corpus)
            pairs = talk.pairs()
            right = talk.speakers().same(pairs.gold, pairs.predicted).tolist()
            for g, p, same in zip(
                pairs.gold.tolist(), pairs.predicted.tolist(), right, strict=True
            ):
                case = self.by_gold[int(talk.gold.doc[g]), int(talk.gold.record[g])]
                mistake = (
                    "attributed" if same else f"speaker:{diagnostics.speaker_mistake(talk, g, p)}"
                )
                case.diagnostics += ("found", mistake)
            for (doc, place), case in self.by_predicted.items():
                record = self.predicted_records[doc][place]
                lost = isinstance(record, Unplaced) and record.reason == "not_in_text"
                if lost and record.label == "direct":
                    case.diagnostics += ("direct", "invented")
                elif isinstance(record, Quote) and record.kind == "direct":
                    case.diagnostics += ("direct",)
        elif self.layer == "marks":
            for case in self.by_gold.values():
                mark = self.gold_records[case.doc][case.gold or 0]
                if isinstance(mark, Mark) and mark.function == "scare":
                    case.diagnostics += ("scare",)

    # Kinds of error

    def _span_kinds(self, kinds: dict[int, list[str]]) -> None:
        """Kinds of pairs of entities or of dates."""
        found = self.base.aligned(self.corpus)
        labels = found.labels
        ours, theirs = (
            found.gold.label[found.pair_gold],
            found.predicted.label[found.pair_predicted],
        )
        linked = any("entity_id" in m.definition.gold_fields for m in self.scored)
        for case, g_code, p_code in zip(self.pairs, ours.tolist(), theirs.tolist(), strict=True):
            assert case.gold is not None
            assert case.predicted is not None
            gold: Any = self.gold_records[case.doc][case.gold]
            predicted: Any = self.predicted_records[case.doc][case.predicted]
            differs, own = [], kinds[id(case)]
            span = (predicted.start, predicted.end)
            choices = {(s.start, s.end) for s in (gold, *gold.alternates)}
            if span not in choices:
                own.append(f"boundary:{boundary((gold.start, gold.end), span)}")
                differs.append("text")
            if g_code != p_code and predicted.type is not None and gold.type is not None:
                own.append(f"type:{labels[g_code]}>{labels[p_code]}")
                differs.append("type")
            if self.layer == "dates":
                if gold.value is not None and predicted.value is not None:
                    values = (canonical_value(gold.value), canonical_value(predicted.value))
                    if values[0] != values[1]:
                        own.append("value")
                        differs.append("value")
                elif gold.value is not None and self._offers("value") and not gold.vague:
                    own.append("value")
                    differs.append("value")
                if gold.mod != predicted.mod and self._offers("mod"):
                    differs.append("mod")
            elif gold.entity_id is not None and (linked or predicted.entity_id is not None):
                given = predicted.entity_id
                key = None if given is None else self.corpus.names[case.doc].resolve(given)
                if key != gold.entity_id:
                    own.append("link")
                    differs.append("entity_id")
            case.differs = tuple(differs)

    def _offers(self, name: str) -> bool:
        """Whether any predicted record has a value in a field."""
        return self.corpus.once(
            ("offers", self.layer, name),
            lambda: any(
                getattr(record, name, None)
                for records in self.predicted_records.values()
                for record in records
            ),
        )

    def _mark_kinds(self, kinds: dict[int, list[str]]) -> None:
        """Scare quotes that are taken for speech."""
        scare, marks = marks_of(self.corpus, "scare")
        taken = best_pairs(sharing(scare, Claims.of(self.corpus).contents, RELAXED))
        for number in taken.gold.tolist():
            doc, place, _ = marks[number]
            kinds[id(self.by_gold[doc, place])].append("scare")

    def _quote_kinds(self, kinds: dict[int, list[str]]) -> None:
        """Kinds of aligned quotations."""
        attributions = [m.values for m in self.scored if SPEAKERS.name in m.values]
        strict = bool(attributions) and attributions[0][SPEAKERS.name] == "strict"
        lenient = self.base.values[CONTESTED.name] != "count"
        talk = Quotations.of(self.corpus, lenient=lenient)
        pairs = talk.pairs()
        gold, predicted = pairs.gold, pairs.predicted
        same = (pairs.shared == pairs.gold_size) & (pairs.shared == pairs.predicted_size)
        named = any(talk.speakers(strict).gold)
        speakers = talk.speakers(strict).same(gold, predicted) | (not named)
        source, source_judged = attribution.source_found(talk, gold, predicted, strict)
        cue, cue_judged = attribution.cues_overlap(talk, gold, predicted, strict)
        partner = dict(zip(predicted.tolist(), gold.tolist(), strict=True))
        offers = {name: self._offers(name) for name in ("cue", "source", "parent", "kind")}
        for n, (g, p) in enumerate(zip(gold.tolist(), predicted.tolist(), strict=True)):
            doc = int(talk.gold.doc[g])
            case = self.by_gold[doc, int(talk.gold.record[g])]
            own, differs = kinds[id(case)], []
            ours, theirs = talk.gold.quotes[g], talk.predicted.quotes[p]
            if not same[n]:
                own.append(f"boundary:{self._content_boundary(doc, ours, theirs)}")
                differs.append("content")
            if not speakers[n]:
                mistake = diagnostics.speaker_mistake(talk, g, p)
                own.append(f"speaker:{mistake}")
                differs.append("speakers")
                case.speakers = tuple(
                    (name.given, name.by, tuple(sorted(name.readings)))
                    for name in talk.speakers(strict).readings(p, g)
                )
            if offers["source"] and source_judged[n] and not source[n]:
                own.append("source")
                differs.append("source")
            if offers["cue"] and cue_judged[n] and not cue[n]:
                own.append("cue")
                differs.append("cue")
            above = int(talk.gold.parent[g]), int(talk.predicted.parent[p])
            if offers["parent"] and above[0] != partner.get(above[1], -1 if above[1] < 0 else -2):
                own.append("parent")
                differs.append("parent")
            if offers["kind"] and ours.kind is not None and ours.kind != theirs.kind:
                own.append("quote_kind")
                differs.append("kind")
            case.differs = tuple(differs)

    def _content_boundary(self, doc: int, gold: Quote, predicted: Quote) -> str:
        """How the syllables of a content differ; ``inside`` if only within the same extent."""
        text = self.corpus.golds[doc].text
        sides = [syllables(text, quote.content) for quote in (gold, predicted)]
        extents = [(min(side)[0], max(end for _, end in side)) for side in sides]
        if extents[0] == extents[1]:
            return "inside"
        return boundary(extents[0], extents[1])

    # Phenomena

    def _phenomena(self) -> dict[tuple[int, int | None], list[str]]:
        """The phenomena of the gold records, by place."""
        found: dict[tuple[int, int | None], list[str]] = defaultdict(list)
        if self.layer == "quotes":
            talk = Quotations.of(self.corpus)
            broken = diagnostics.broken_quotes(self.corpus)
            columns = zip(
                talk.gold.quotes,
                talk.gold.doc.tolist(),
                talk.gold.record.tolist(),
                talk.gold.innermost.tolist(),
                strict=True,
            )
            for quote, doc, place, inner in columns:
                found[doc, place] += diagnostics.phenomena(quote, broken[doc], outer=not inner)
                if quote.kind == "indirect":
                    found[doc, place].append("indirect")
                if quote.truncated:
                    found[doc, place].append("truncated")
        for doc, records in enumerate(self.gold_records):
            for place, record in enumerate(records):
                if record.contested:
                    found[doc, place].append("contested")
                if getattr(record, "vague", False):
                    found[doc, place].append("vague")
        if self.layer != "quotes":
            self._nesting(found)
        return found

    def _nesting(self, found: dict[tuple[int, int | None], list[str]]) -> None:
        """Gold records that lie inside another of the layer, hold one, or cross one."""
        place, start, end, doc = self._extents(True)
        order = np.argsort(start, kind="stable")
        place, start, end, doc = place[order], start[order], end[order], doc[order]
        if not len(place):
            return
        a, b = overlaps(start, end, start, end)
        other = a != b
        a, b = a[other], b[other]
        equal = (start[a] == start[b]) & (end[a] == end[b])
        inside = (start[b] <= start[a]) & (end[a] <= end[b]) & ~equal
        holds = (start[a] <= start[b]) & (end[b] <= end[a]) & ~equal
        crossing = ~inside & ~holds & ~equal
        for name, mask in (("nested", inside), ("encloses", holds), ("crossing", crossing)):
            for row in np.unique(a[mask]).tolist():
                found[int(doc[row]), int(place[row])].append(name)


def _places(aligned: Aligned, gold: bool) -> Ints:
    """(n_answers, 2) int64, document and record of each answer."""
    side = aligned.gold if gold else aligned.predicted
    return np.stack([side.doc, side.record], axis=1)


def _spans_of(record: AnyRecord | Unplaced) -> list[Any]:
    """The spans of a record in order; none of a surface without a place."""
    if isinstance(record, Unplaced):
        return []
    return sorted(record.content) if isinstance(record, Quote) else [record]


_SENTENCE_END = re.compile(r"[.!?…]+[”\"')\]]*\s+(?=[^\W_a-zà-ỹ]|[“\"'(])|\n")
_LONGEST = 400
"""Code points on each side of a record beyond which its sentence is cut."""


def sentences_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Start and end of the sentences of a text that hold a span, each within its line.

    Args:
        text: the text.
        start: the start of the span, in code points.
        end: its end.
    """
    low, high = max(0, start - _LONGEST), min(len(text), end + _LONGEST)
    first, last = low, high
    for match in _SENTENCE_END.finditer(text, low, start):
        first = match.end()
    if (match_after := _SENTENCE_END.search(text, max(start, end - 1), high)) is not None:
        last = match_after.start() + len(match_after.group().rstrip())
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, max(last, end)
