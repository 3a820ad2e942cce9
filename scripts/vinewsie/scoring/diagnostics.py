"""Diagnostics beside the rates: confusion of types, boundary errors, invented quotations, kinds of
wrong speakers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TypedDict

import numpy as np

from vinewsie.model import Quote
from vinewsie.scoring.alignment import HALF
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.contents import sharing
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.quotations import RELAXED, Quotations, best_pairs
from vinewsie.scoring.quotes import Claims, marks_of
from vinewsie.scoring.spans import SpanMeasure

PARTIAL = parse("entities.partial")
"""The measure whose alignment the diagnostics of entities are on."""

_READ = {
    "entities": PARTIAL,
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


class PhenomenonRecall(TypedDict):
    """Quotations of a phenomenon: in the gold, of these found, and found with their speakers."""

    gold: int
    found: int
    attributed: int


class QuoteDiagnostics(TypedDict):
    """The diagnostics of quotations; recall is by phenomenon."""

    scare_quotes_as_speech: Share
    invented_direct_quotes: Share
    recall_by_phenomenon: dict[str, PhenomenonRecall]


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
    aligned = PARTIAL.aligned(corpus)
    definition = PARTIAL.definition
    assert isinstance(definition, SpanMeasure)
    sides = definition.taking_part(corpus, PARTIAL.values)
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
    scare, _ = marks_of(corpus, "scare")
    taken = best_pairs(sharing(scare, Claims.of(corpus).contents, RELAXED))
    direct, invented = 0, 0
    for prediction in corpus.predictions:
        lost = sum(
            u.layer == "quotes" and u.reason == "not_in_text" and u.label == "direct"
            for u in prediction.unplaced
        )
        direct += lost + sum(quote.kind == "direct" for quote in prediction.quotes)
        invented += lost
    return {
        "scare_quotes_as_speech": {"count": len(taken.gold), "of": len(scare.first)},
        "invented_direct_quotes": {"count": invented, "of": direct},
        "recall_by_phenomenon": _by_phenomenon(corpus),
    }


def _by_phenomenon(corpus: Corpus) -> dict[str, PhenomenonRecall]:
    found: dict[str, Counter[str]] = {}
    talk = Quotations.of(corpus)
    pairs = talk.pairs()
    right = talk.speakers().same(pairs.gold, pairs.predicted)
    aligned = dict(zip(pairs.gold.tolist(), right.tolist(), strict=True))
    broken = broken_quotes(corpus)
    for number, (quote, doc) in enumerate(
        zip(talk.gold.quotes, talk.gold.doc.tolist(), strict=True)
    ):
        outer = not talk.gold.innermost[number]
        for phenomenon in phenomena(quote, broken[doc], outer=outer):
            counts = found.setdefault(phenomenon, Counter())
            counts["gold"] += 1
            counts["found"] += number in aligned
            counts["attributed"] += aligned.get(number, False)
    return {
        name: PhenomenonRecall(
            gold=found[name]["gold"],
            found=found[name]["found"],
            attributed=found[name]["attributed"],
        )
        for name in sorted(found)
    }


def broken_quotes(corpus: Corpus) -> list[frozenset[str]]:
    """For each document, the ids of the gold quotations with an unclosed or mismatched mark."""
    return [
        frozenset(
            mark.quote
            for mark in document.marks
            if mark.quote is not None and mark.status in ("unclosed", "mismatched")
        )
        for document in corpus.golds
    ]


def phenomena(quote: Quote, broken: Collection[str], *, outer: bool) -> Iterator[str]:
    """The properties of a gold quotation that make it hard to find or to attribute.

    Args:
        quote: the quotation.
        broken: the ids of the document's quotations with an unclosed or mismatched mark.
        outer: whether the quotation encloses another.
    """
    if quote.id in broken:
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
    if outer:
        yield "chain"
    if len(quote.content) > 1:
        yield "split"


def attribution(corpus: Corpus) -> AttributionDiagnostics:
    """Kinds of wrong speakers on the relaxed alignment.

    ``withheld``: no speaker is named, but for a pronoun. ``relayer``: the speaker of an enclosing
    quotation is named. ``invented``: the gold has no speaker, or the page has no entity of that
    name. ``another``: a different entity of the page, or too many or too few of the right ones.
    """
    wrong: Counter[str] = Counter(dict.fromkeys(("another", "invented", "withheld", "relayer"), 0))
    talk = Quotations.of(corpus)
    pairs = talk.pairs()
    right = talk.speakers().same(pairs.gold, pairs.predicted)
    for g, p in zip(pairs.gold[~right].tolist(), pairs.predicted[~right].tolist(), strict=True):
        wrong[speaker_mistake(talk, g, p)] += 1
    return {"right": int(right.sum()), "wrong": dict(wrong)}


def speaker_mistake(talk: Quotations, g: int, p: int) -> str:
    """The mistake of an aligned pair with wrong speakers; see :func:`attribution`.

    Args:
        talk: the quotations.
        g: the gold quotation.
        p: the predicted quotation.
    """
    speakers = talk.speakers()
    said, meant = speakers.predicted[p], speakers.gold[g]
    if not speakers.names_somebody(p):
        return "withheld"
    if any(speakers.same_one(outer, p) for outer in talk.gold.chain(g)):
        return "relayer"
    page = talk.corpus.names[int(talk.gold.doc[g])].page
    if not meant or not any(name.readings & page for name in said):
        return "invented"
    return "another"
