"""Diagnostics beside the rates: confusion of types, boundary errors, invented quotations, kinds of
wrong speakers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TypedDict

import numpy as np

from vinewsie.model import Document, Quote, Span
from vinewsie.scoring import align
from vinewsie.scoring.alignment import HALF
from vinewsie.scoring.attribution import same_speakers
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.quotations import RELAXED, Conversation, admitted, conversations
from vinewsie.scoring.quotes import quoted_words
from vinewsie.scoring.spans import SpanMeasure
from vinewsie.text import syllables

_PARTIAL = parse("entities.partial")

_READ = {
    "entities": _PARTIAL,
    "quotes": parse("quotes.relaxed"),
    "attribution": parse("attribution.speaker"),
}


def measures(layers: Iterable[str]) -> list[Measure]:
    """The measures that must be scored for the diagnostics of some layers to say anything."""
    return [_READ[layer] for layer in dict.fromkeys(layers) if layer in _READ]


class EntityDiagnostics(TypedDict):
    """Type confusion: gold type, predicted type, count. Boundary errors: kind, count."""

    type_confusion: dict[str, dict[str, int]]
    boundary_errors: dict[str, int]


class Share(TypedDict):
    """How many of how many."""

    count: int
    of: int


class QuoteDiagnostics(TypedDict):
    """Recall by phenomenon: phenomenon, then ``gold``, ``found`` and ``attributed``, count."""

    scare_quotes_as_speech: Share
    invented_direct_quotes: Share
    recall_by_phenomenon: dict[str, dict[str, int]]


class AttributionDiagnostics(TypedDict):
    """Aligned quotations with the right speakers, and those with wrong ones by mistake."""

    right: int
    wrong: dict[str, int]


class Diagnostics(TypedDict, total=False):
    """The diagnostics of the layers that were measured."""

    entities: EntityDiagnostics
    quotes: QuoteDiagnostics
    attribution: AttributionDiagnostics


def diagnose(corpus: Corpus, layers: Collection[str]) -> Diagnostics:
    """The diagnostics of some layers of a corpus, on the whole page and with the native labels.

    Args:
        corpus: gold and predictions.
        layers: first parts of measures' names; those without diagnostics are ignored.
    """
    found: Diagnostics = {}
    if "entities" in layers:
        found["entities"] = entities(corpus)
    if "quotes" in layers:
        found["quotes"] = quotes(corpus)
    if "attribution" in layers:
        found["attribution"] = attribution(corpus)
    return found


def entities(corpus: Corpus) -> EntityDiagnostics:
    """Confusion of types on equal spans, and boundary errors of overlapping ones, both on the
    alignment of ``entities.partial``.

    A boundary is ``too_long`` when the prediction holds the gold span, ``too_short`` when it lies
    in it, ``left`` and ``right`` when it is shifted that way.
    """
    aligned = _PARTIAL.aligned(corpus)
    definition = _PARTIAL.definition
    assert isinstance(definition, SpanMeasure)
    sides = definition.taking_part(corpus, _PARTIAL.values)
    golds, predicted = sides.gold, sides.predicted
    same = aligned.credit > HALF
    names = aligned.labels
    size = len(names)
    given = aligned.gold.label[aligned.pair_gold[same]]
    answered = aligned.predicted.label[aligned.pair_predicted[same]]
    pairs = (given * size + answered)[given != answered]
    confusion: dict[str, dict[str, int]] = {}
    for code, count in zip(
        *(column.tolist() for column in np.unique(pairs, return_counts=True)), strict=True
    ):
        gold, prediction = names[code // size], names[code % size]
        if gold != prediction:
            confusion.setdefault(gold, {})[prediction] = count
    g, p = aligned.pair_gold[~same], aligned.pair_predicted[~same]
    starts = np.sign(predicted.start[p] - golds.start[g])
    ends = np.sign(predicted.end[p] - golds.end[g])
    boundaries = {
        "too_long": int(((starts <= 0) & (ends >= 0)).sum()),
        "too_short": int(((starts >= 0) & (ends <= 0)).sum()),
        "left": int(((starts < 0) & (ends < 0)).sum()),
        "right": int(((starts > 0) & (ends > 0)).sum()),
    }
    return {"type_confusion": confusion, "boundary_errors": boundaries}


def quotes(corpus: Corpus) -> QuoteDiagnostics:
    """Scare quotes taken for speech, direct quotations whose words are not in the article, and
    recall by phenomenon.
    """
    scare, taken, direct, invented = 0, 0, 0, 0
    for gold, prediction in zip(corpus.golds, corpus.predictions, strict=True):
        marks = [mark for mark in gold.marks if mark.function == "scare"]
        scare += len(marks)
        claims = quoted_words(gold.text, prediction)
        edges: dict[align.Edge, align.Rank] = {}
        for m, mark in enumerate(marks):
            words = syllables(gold.text, [Span(start=mark.start, end=mark.end)])
            for c, (_, claimed) in enumerate(claims):
                if admitted(words, claimed, RELAXED) is not None:
                    edges[m, c] = (1,)
        taken += len(align.align(edges))
        lost = sum(
            u.layer == "quotes" and u.reason == "not_in_text" and u.label == "direct"
            for u in prediction.unplaced
        )
        direct += lost + sum(quote.kind == "direct" for quote in prediction.quotes)
        invented += lost
    return {
        "scare_quotes_as_speech": {"count": taken, "of": scare},
        "invented_direct_quotes": {"count": invented, "of": direct},
        "recall_by_phenomenon": _by_phenomenon(corpus),
    }


def _by_phenomenon(corpus: Corpus) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for document, talk in zip(corpus.golds, conversations(corpus, RELAXED), strict=True):
        partner = dict(talk.pairs)
        for g, quote in enumerate(document.quotes):
            for phenomenon in phenomena(document, quote):
                counts = found.setdefault(phenomenon, Counter())
                counts["gold"] += 1
                counts["found"] += g in partner
                counts["attributed"] += g in partner and same_speakers(talk, g, partner[g])
    return {
        name: {key: found[name][key] for key in ("gold", "found", "attributed")}
        for name in sorted(found)
    }


def phenomena(document: Document, quote: Quote) -> Iterator[str]:
    """The properties of a gold quotation that make it hard to find or to attribute."""
    # Nothing can refer to a quotation without an id: a missing id is equal to no other.
    known = quote.id is not None
    if known and any(
        mark.quote == quote.id and mark.status in ("unclosed", "mismatched")
        for mark in document.marks
    ):
        yield "unclosed_or_mismatched_mark"
    if quote.source_status in (
        "pronoun",
        "document",
        "nominal",
        "anonymous",
        "collective",
        "absent",
    ):
        yield f"{quote.source_status}_source"
    if quote.parent is not None:
        yield "nested"
    if known and any(other.parent == quote.id for other in document.quotes):
        yield "chain"
    if len(quote.content) > 1:
        yield "split"


def attribution(corpus: Corpus) -> AttributionDiagnostics:
    """Kinds of wrong speakers on the relaxed alignment.

    ``withheld``: no speaker is named. ``relayer``: the speaker of an enclosing quotation is named.
    ``invented``: the gold has no speaker, or the page has no entity of that name. ``another``: a
    different entity of the page, or too many or too few of the right ones.
    """
    wrong: Counter[str] = Counter(dict.fromkeys(("another", "invented", "withheld", "relayer"), 0))
    right = 0
    for talk in conversations(corpus, RELAXED):
        for g, p in talk.pairs:
            if same_speakers(talk, g, p):
                right += 1
            else:
                wrong[_mistake(talk, g, p)] += 1
    return {"right": right, "wrong": dict(wrong)}


def _mistake(talk: Conversation, g: int, p: int) -> str:
    said, meant = talk.predicted.speakers[p], talk.gold.speakers[g]
    if not said:
        return "withheld"
    if any(said == talk.gold.speakers[outer] for outer in talk.gold.chains[g]):
        return "relayer"
    if not meant or all(speaker.startswith("unknown:") for speaker in said):
        return "invented"
    return "another"
