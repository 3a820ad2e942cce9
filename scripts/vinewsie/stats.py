"""Agreement between annotation passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from vinewsie import align
from vinewsie.layers.base import Case
from vinewsie.layers.quotes import RELAXED, align_quotes
from vinewsie.measures import parse
from vinewsie.model import AnyRecord, Document, Entity, Mark, Prediction, Quote, Span, records_of
from vinewsie.registry import Registry, SpeakerNames
from vinewsie.text import SYLLABLE


@dataclass(frozen=True)
class Agreement:
    """One row of an agreement table.

    ``left`` and ``right`` are how many units each pass has, ``agreed`` how many they share. ``value`` is F1 for spans
    (2·agreed / (left + right)), the share of agreed among aligned units for attributes, and Krippendorff's α for units of text. It is
    None when there is nothing to agree on.
    """

    layer: str
    what: str
    left: int
    right: int
    agreed: int | None
    value: float | None
    coefficient: str


def agreement(left: Mapping[str, Document], right: Mapping[str, Document]) -> list[Agreement]:
    """Agreement of two passes over the same texts, layer by layer.

    Spans are compared by F1 of the same one-to-one alignment that scoring uses; attributes on the records that are aligned; and over
    syllables, Krippendorff's α (nominal) says how far agreement exceeds chance.

    Raises:
        ValueError: the passes are not over the same texts.
    """
    if left.keys() != right.keys() or any(left[d].text != right[d].text for d in left):
        raise ValueError("the two passes are not over the same texts")
    cases = [_case(left[doc_id], right[doc_id]) for doc_id in left]
    mapped = _key_mapping(cases)
    rows = [
        *_spans(cases, "entities", "span", "entities.exact"),
        *_spans(cases, "entities", "span and type", "entities.strict"),
        *_attributes(cases, "entities", ("type", "entity_id")),
        _mapped_entities(cases, mapped),
        _alpha(cases, "entities", "type of the outermost mention", _outermost_type("entities")),
        *_spans(cases, "dates", "span", "dates.strict(vague=include)"),
        *_attributes(cases, "dates", ("type", "value", "mod", "vague")),
        _alpha(cases, "dates", "type of the date", _outermost_type("dates")),
        _mark_spans(cases),
        *_attributes(cases, "marks", ("status", "function")),
        *_spans(cases, "quotes", "content", "quotes.strict"),
        *_spans(cases, "quotes", "content (relaxed)", "quotes.relaxed"),
        *_quote_attributes(cases, mapped),
        _alpha(cases, "quotes", "how many quotations hold the syllable", _quote_depth),
        *_spans(cases, "attribution", "content (relaxed) and speakers", "attribution.joint"),
    ]
    return rows


def _case(left: Document, right: Document) -> Case:
    fields = {layer: records_of(right, layer) for layer in ("entities", "dates", "marks", "quotes")}
    return Case(left, Prediction(doc_id=right.doc_id, **fields), SpeakerNames(left, Registry()))  # type: ignore[arg-type]


def _spans(cases: Sequence[Case], layer: str, what: str, measure: str) -> Iterator[Agreement]:
    parsed = parse(measure)
    found = [parsed.definition.align(case, parsed.values) for case in cases]
    counts = [sum(len(part) for part in parts) for parts in zip(*((a.golds, a.predicted, a.pairs) for a in found), strict=True)]
    yield _f1(layer, what, *counts)


def _f1(layer: str, what: str, left: int, right: int, agreed: int) -> Agreement:
    return Agreement(layer, what, left, right, agreed, 2 * agreed / (left + right) if left + right else None, "F1")


def _mark_spans(cases: Sequence[Case]) -> Agreement:
    pairs = [(c, _same_span(c, "marks")) for c in cases]
    counts = (sum(len(c.gold.marks) for c in cases), sum(len(c.prediction.marks) for c in cases), sum(len(p) for _, p in pairs))
    return _f1("marks", "span", *counts)


def _same_span(case: Case, layer: str) -> list[tuple[AnyRecord, AnyRecord]]:
    def options(record: Any) -> list[Span]:
        return [Span(start=record.start, end=record.end), *record.alternates]

    golds, predicted = records_of(case.gold, layer), records_of(case.prediction, layer)
    edges = align.same_span([options(r) for r in golds], [options(r) for r in predicted])
    ranks: dict[align.Edge, align.Rank] = {(g, p): (1, int(_label(golds[g]) == _label(predicted[p]))) for g, p in edges}
    return [(golds[g], predicted[p]) for g, p in align.align(ranks)]


def _label(record: AnyRecord) -> object:
    return record.function if isinstance(record, Mark) else getattr(record, "type", None)


def _attributes(cases: Sequence[Case], layer: str, names: Sequence[str]) -> Iterator[Agreement]:
    pairs = [pair for case in cases for pair in _same_span(case, layer)]
    for name in names:
        yield _accuracy(layer, name, [getattr(left, name) == getattr(right, name) for left, right in pairs])


def _accuracy(layer: str, what: str, same: Sequence[bool]) -> Agreement:
    return Agreement(layer, what, len(same), len(same), sum(same), sum(same) / len(same) if same else None, "accuracy")


def _key_mapping(cases: Sequence[Case]) -> dict[str, str]:
    """The keys of the right pass as the left pass spells them: the one-to-one mapping under which most mentions and speakers agree.

    Passes choose keys freely, so whether they mean the same entities shows only under such a mapping.
    """
    together: Counter[tuple[str, str]] = Counter()
    for case in cases:
        for left, right in _same_span(case, "entities"):
            if isinstance(left, Entity) and isinstance(right, Entity):
                together[str(left.entity_id), str(right.entity_id)] += 1
        for g, p in align_quotes(case, RELAXED)[0]:
            ours, theirs = case.gold.quotes[g].speakers or (), case.prediction.quotes[p].speakers or ()
            if len(ours) == len(theirs) == 1:
                together[ours[0], theirs[0]] += 1
    lefts, rights = sorted({a for a, _ in together}), sorted({b for _, b in together})
    ranks: dict[align.Edge, align.Rank] = {(lefts.index(a), rights.index(b)): (count,) for (a, b), count in together.items()}
    return {rights[b]: lefts[a] for a, b in align.align(ranks)}


def _mapped_entities(cases: Sequence[Case], mapped: Mapping[str, str]) -> Agreement:
    pairs = [(a, b) for case in cases for a, b in _same_span(case, "entities") if isinstance(a, Entity) and isinstance(b, Entity)]
    return _accuracy("entities", "entity, whatever its key", [a.entity_id == mapped.get(str(b.entity_id)) for a, b in pairs])


def _quote_attributes(cases: Sequence[Case], mapped: Mapping[str, str]) -> Iterator[Agreement]:
    pairs: list[tuple[Quote, Quote]] = []
    parents: list[bool] = []
    for case in cases:
        edges, _ = align_quotes(case, RELAXED)
        aligned = [(case.gold.quotes[g], case.prediction.quotes[p]) for g, p in edges]
        partner = {left.id: right.id for left, right in aligned}
        pairs += aligned
        parents += [(partner.get(a.parent) if a.parent else None) == b.parent for a, b in aligned]
    fields: dict[str, tuple[str, Callable[[Quote], object]]] = {
        "kind": ("quotes", lambda q: q.kind),
        "cue": ("attribution", lambda q: q.cue),
        "source": ("attribution", lambda q: q.source),
        "source_status": ("attribution", lambda q: q.source_status),
        "speakers": ("attribution", lambda q: set(q.speakers or ())),
        "addressees": ("attribution", lambda q: set(q.addressees)),
        "medium": ("attribution", lambda q: q.medium),
    }
    for name, (layer, value) in fields.items():
        yield _accuracy(layer, name, [value(a) == value(b) for a, b in pairs])
    same = [set(a.speakers or ()) == {mapped.get(speaker) for speaker in b.speakers or ()} for a, b in pairs]
    yield _accuracy("attribution", "speakers, whatever their keys", same)
    yield _accuracy("attribution", "parent", parents)


Coding = Callable[[Document | Prediction, int, int], str]
"""Gives a syllable [start, end) its code in one pass."""


def _outermost_type(layer: str) -> Coding:
    def code(holder: Document | Prediction, start: int, end: int) -> str:
        records: tuple[Any, ...] = records_of(holder, layer)
        covering = [r for r in records if r.start <= start and end <= r.end]
        return max(covering, key=lambda r: (r.end - r.start, r.type)).type if covering else ""

    return code


def _quote_depth(holder: Document | Prediction, start: int, end: int) -> str:
    return str(sum(any(s.start <= start and end <= s.end for s in q.content) for q in holder.quotes))


def _alpha(cases: Sequence[Case], layer: str, what: str, coding: Coding) -> Agreement:
    """Krippendorff's α, nominal, over all syllables of the texts (Krippendorff 2004, chapter 11; computed by the package krippendorff)."""
    import krippendorff
    import numpy as np

    units = [(case, *match.span()) for case in cases for match in SYLLABLE.finditer(case.gold.text)]
    left = [coding(case.gold, start, end) for case, start, end in units]
    right = [coding(case.prediction, start, end) for case, start, end in units]
    codes = {label: number for number, label in enumerate(sorted({*chain(left, right)}))}
    value = None
    if len(codes) > 1:
        data = np.array([[codes[c] for c in left], [codes[c] for c in right]])
        value = float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))
    agreed = sum(a == b for a, b in zip(left, right, strict=True))
    return Agreement(layer, what, len(units), len(units), agreed, value, "α, syllables")
