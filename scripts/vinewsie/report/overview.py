"""The first part of the page: scores as tables whose numbers link to the records they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from vinewsie.report.cases import KINDS, LAYERS, Case, View
from vinewsie.report.sentences import headline_of
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.result import Counts, Score


@dataclass(frozen=True)
class LinkedCount:
    """A count, and the address of the list of the records that it counts."""

    count: int
    href: str


@dataclass(frozen=True)
class MeasureRow:
    """A measure on the first screen."""

    measure: str
    title: str
    zone: str
    score: Score
    numbers: Mapping[str, LinkedCount]

    @property
    def value(self) -> float | None:
        """F1 or accuracy."""
        return self.score.value


@dataclass(frozen=True)
class Row:
    """A row of a table of a layer: a label, a zone or a phenomenon."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    numbers: Mapping[str, LinkedCount]


@dataclass(frozen=True)
class LayerSection:
    """The tables of a layer.

    Args:
        layer: the layer.
        measure: the measure of the tables.
        labels: rows by label.
        zones: rows by zone.
        phenomena: rows by phenomenon, with recall alone.
        kinds: the kinds of error.
        confusion: for each gold type, for each predicted type, the number.
        columns: the predicted types of the confusion.
        boundaries: boundary errors by kind.
        speakers: wrong speakers by kind; None where speakers are not scored.
        right: the quotations with the right speakers.
        shares: further counts out of totals, by the key of their message.
    """

    layer: str
    measure: str
    labels: list[Row]
    zones: list[Row]
    phenomena: list[Row]
    kinds: list[tuple[str, LinkedCount]]
    confusion: dict[str, dict[str, LinkedCount]]
    columns: list[str]
    boundaries: list[tuple[str, LinkedCount]]
    speakers: list[tuple[str, LinkedCount]]
    right: LinkedCount | None
    shares: list[tuple[str, LinkedCount, LinkedCount]]


def href(**filters: str) -> str:
    """The address of a list of records."""
    return "#list?" + urlencode(filters)


def measure_rows(view: View) -> list[MeasureRow]:
    """The scored measures of a result in their order; those of the article alone only where a page
    has something else, too.
    """
    teasers = any(segment.item for pair in view.documents for segment in pair.gold.segments)
    return [
        MeasureRow(
            str(measure),
            str(measure.with_params(zone="page")),
            measure.values["zone"],
            score,
            _numbers(str(measure), score, score.counts),
        )
        for measure, score in view.result.measures.items()
        if score.status == "scored" and (teasers or measure.values["zone"] == "page")
    ]


def _numbers(measure: str, score: Score, counts: Counts, **more: str) -> dict[str, LinkedCount]:
    """The counts of a measure with their addresses.

    Args:
        measure: its name.
        score: its score.
        counts: all counts, or those of a part.
        more: the filters of the part.
    """

    def of(count: int, **filters: str) -> LinkedCount:
        return LinkedCount(count, href(measure=measure, **filters, **more))

    if score.kind == "accuracy":
        right = "wrong" if parse(measure).definition.lower_is_better else "right"
        return {"gold": of(counts.gold, gold="any"), "matched": of(counts.matched, gold=right)}
    pairs = counts.matched + counts.partial + counts.incorrect
    # A prediction in an incorrect pair counts under its own label, the pair under the gold's.
    alone = score.unpaired.get(more.get("label", ""), counts.predicted - pairs)
    return {
        "gold": of(counts.gold, gold="any"),
        "predicted": of(counts.predicted, predicted="any"),
        "matched": of(counts.matched, gold="matched"),
        "missed": of(counts.gold - pairs, gold="missed"),
        "spurious": of(alone, predicted="spurious"),
    }


def layer_sections(view: View) -> list[LayerSection]:
    """The tables of each layer that is scored."""
    found = []
    for layer in LAYERS:
        measure = headline_of(view, layer)
        if measure is not None:
            found.append(_section(view, layer, measure))
    return found


def _section(view: View, layer: str, measure: Measure) -> LayerSection:
    score, name = view.result.measures[measure], str(measure)
    cases = [case for case in view.cases if case.layer == layer]
    diagnostics: Any = view.result.diagnostics
    entities = diagnostics.get("entities") if layer == "entities" else None
    quotes = diagnostics.get("quotes") if layer == "quotes" else None
    speakers = diagnostics.get("attribution") if layer == "quotes" else None
    confusion = {
        gold: {
            predicted: LinkedCount(count, href(diagnostic=f"confusion:{gold}>{predicted}"))
            for predicted, count in row.items()
        }
        for gold, row in (entities or {}).get("type_confusion", {}).items()
    }
    columns = sorted({predicted for row in confusion.values() for predicted in row})
    shares = []
    if quotes is not None:
        scare, invented = quotes["scare_quotes_as_speech"], quotes["invented_direct_quotes"]
        if scare["of"]:
            every = LinkedCount(scare["of"], href(diagnostic="scare"))
            shares.append(("scare", LinkedCount(scare["count"], href(kind="scare")), every))
        if invented["count"]:
            link = LinkedCount(invented["count"], href(diagnostic="invented"))
            every = LinkedCount(invented["of"], href(diagnostic="direct"))
            shares.append(("invented", link, every))
    return LayerSection(
        layer,
        name,
        _rows(name, score, score.by_label, "label"),
        _rows(name, score, score.by_zone, "zone"),
        _phenomena(name, layer, cases),
        _kinds(layer, cases),
        confusion,
        columns,
        [
            (kind, LinkedCount(count, href(diagnostic=f"boundary:{kind}")))
            for kind, count in (entities or {}).get("boundary_errors", {}).items()
            if count
        ],
        [
            (kind, LinkedCount(count, href(diagnostic=f"speaker:{kind}")))
            for kind, count in (speakers or {}).get("wrong", {}).items()
        ],
        LinkedCount(speakers["right"], href(diagnostic="attributed")) if speakers else None,
        shares,
    )


def _rows(measure: str, score: Score, parts: Mapping[str, Counts], field: str) -> list[Row]:
    return [
        Row(
            name,
            counts.precision,
            counts.recall,
            counts.f1,
            _numbers(measure, score, counts, **{field: name}),
        )
        for name, counts in sorted(parts.items(), key=lambda item: -item[1].gold)
    ]


def _phenomena(measure: str, layer: str, cases: list[Case]) -> list[Row]:
    """Recall by phenomenon of the gold records that a measure counts."""
    gold: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    for case in cases:
        outcome = next(
            (o.gold for o in case.outcomes if o.measure == measure and o.gold is not None), None
        )
        if outcome is not None:
            gold.update(case.phenomena)
            matched.update(case.phenomena if outcome == "matched" else ())
    shown = {"measure": measure, "layer": layer}
    return [
        Row(
            name,
            None,
            matched[name] / count,
            None,
            {
                "gold": LinkedCount(count, href(**shown, gold="any", phenomenon=name)),
                "matched": LinkedCount(
                    matched[name], href(**shown, gold="matched", phenomenon=name)
                ),
            },
        )
        for name, count in gold.most_common()
    ]


def _kinds(layer: str, cases: list[Case]) -> list[tuple[str, LinkedCount]]:
    """How many records have each kind of error, without details, the most frequent first."""
    found = Counter(kind for case in cases for kind in {k.partition(":")[0] for k in case.kinds})
    rank = {kind: number for number, kind in enumerate(KINDS)}
    return [
        (kind, LinkedCount(count, href(layer=layer, kind=kind)))
        for kind, count in sorted(found.items(), key=lambda item: (-item[1], rank[item[0]]))
    ]
