"""Quotations: who says what, and where the words stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from vinewsie import align
from vinewsie.columns import Corpus
from vinewsie.findings import Finding
from vinewsie.layers.base import FULL, Align, Aligned, Answers, Layer, MeasureDefinition, label_names
from vinewsie.layers.conversations import (
    RELAXED,
    VIEWS,
    Conversation,
    Words,
    accuracy,
    admitted,
    conversations,
    on_aligned,
    quote_alignment,
)
from vinewsie.model import Document, Mark, Prediction, Quote, Span
from vinewsie.registry import Registry
from vinewsie.text import syllables

KINDS = {
    "direct": "all of the content stands in quotation marks with function speech",
    "indirect": "none of it does",
    "mixed": "part of it does",
}
SOURCE_STATUSES = {
    "named": "a name, alone or with title and apposition",
    "nominal": "a description of one speaker whom the page lets us know",
    "pronoun": "a pronoun",
    "collective": "a group that speaks as one",
    "anonymous": "a source that nobody could look up",
    "document": "a document or report that stands for who issued it",
    "absent": "no source is expressed",
}
NAMELESS = frozenset({"collective", "anonymous", "absent"})
"""Source statuses that come without speakers."""


def kind_of(text: str, content: Sequence[Span], marks: Sequence[Mark]) -> str:
    """The kind that follows from the speech marks inside the content."""
    speech = [Span(start=m.start, end=m.end) for m in marks if m.function == "speech"]
    words = syllables(text, content)
    spoken = {word for word in words if any(s.start <= word[0] and word[1] <= s.end for s in speech)}
    if not spoken:
        return "indirect"
    return "direct" if spoken == words else "mixed"


def check(document: Document, registry: Registry) -> Iterator[Finding]:
    """References and parents hold, kinds agree with the marks, and source, status and speakers agree with one another."""
    by_id = {quote.id: (index, quote) for index, quote in enumerate(document.quotes)}
    for index, quote in enumerate(document.quotes):
        where = ("quotes", index)
        for spans in (quote.content, *quote.alternates, quote.cue):
            if any(left.end > right.start for left, right in pairwise(spans)):
                yield Finding("content-order", "spans overlap or are not in the order of the text", *where)
        if quote.kind in KINDS and quote.kind != (kind := kind_of(document.text, quote.content, document.marks)):
            yield Finding("kind", f"kind is {quote.kind}, but by its quotation marks the content is {kind}", *where)
        for key in (*(quote.speakers or ()), *quote.addressees):
            if key not in registry:
                yield Finding("registry-missing", f"speaker or addressee {key!r} is not in the registry", *where)
        yield from _source(quote, index)
        yield from _parent(document, quote, index, by_id)


def _source(quote: Quote, index: int) -> Iterator[Finding]:
    status = quote.source_status
    if (quote.source is None) != (status == "absent"):
        yield Finding("source", f"source_status is {status} and source is {quote.source}", "quotes", index)
    if status in NAMELESS and quote.speakers:
        yield Finding("source", f"a source that is {status} has no speakers, not {list(quote.speakers)}", "quotes", index)
    if status == "named" and not quote.speakers:
        yield Finding("source", "a named source has at least one speaker", "quotes", index)


def _parent(document: Document, quote: Quote, index: int, by_id: Mapping[str | None, tuple[int, Quote]]) -> Iterator[Finding]:
    if quote.parent is None:
        return
    if quote.parent not in by_id:
        yield Finding("reference", f"parent {quote.parent!r} is no quotation of this document", "quotes", index)
        return
    seen, parent = {quote.id}, quote.parent
    while parent in by_id:
        if parent in seen:
            yield Finding("parent-cycle", f"the parents of {quote.id} come back to {parent}", "quotes", index)
            return
        seen.add(parent)
        parent = by_id[parent][1].parent or ""
    outer = by_id[quote.parent][1].content
    if not all(any(o.start <= span.start and span.end <= o.end for o in outer) for span in quote.content):
        yield Finding("parent-span", f"the content of {quote.parent} does not enclose that of {quote.id}", "quotes", index)


def _aligner(minimum: Fraction) -> Align:
    return lambda corpus, params: quote_alignment(corpus, minimum, params, "kind")


def _token(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Syllables of the aligned quotations: those of the gold, those of the prediction, and the shared ones."""
    talks = conversations(corpus, RELAXED)
    pairs = quote_alignment(corpus, RELAXED, params, "kind")
    aligned = accuracy(pairs, np.arange(len(pairs.gold)), np.full(len(pairs.gold), FULL))
    sizes = []
    for doc, g, p in zip(aligned.golds.doc.tolist(), aligned.golds.record.tolist(), aligned.predicted.record.tolist(), strict=True):
        theirs = talks[doc].predicted.words[p][0]
        # Of the alternates the one that fits best, as in the alignment.
        ours = max(talks[doc].gold.words[g], key=lambda words: Fraction(2 * len(words & theirs), len(words) + len(theirs)))
        sizes.append((len(ours), len(theirs), len(ours & theirs)))
    table = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    return replace(
        aligned,
        golds=replace(aligned.golds, weight=table[:, 0]),
        predicted=replace(aligned.predicted, weight=table[:, 1]),
        weight=table[:, 2],
    )


def _marked(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Speech marks of the gold against what a prediction presents as quoted words: its speech marks and its direct quotations."""
    rows: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
    pairs: list[tuple[int, int]] = []
    for doc, (gold, prediction) in enumerate(zip(corpus.golds, corpus.predictions, strict=True)):
        golds = [(i, m) for i, m in enumerate(gold.marks) if m.function == "speech"]
        ours = [[syllables(gold.text, [s]) for s in (Span(start=m.start, end=m.end), *m.alternates)] for _, m in golds]
        claims = quoted_words(gold.text, prediction)
        edges: dict[align.Edge, align.Rank] = {}
        for g, options in enumerate(ours):
            for p, (_, words) in enumerate(claims):
                scores = [score for option in options if (score := admitted(option, words, RELAXED)) is not None]
                if scores:
                    edges[g, p] = (1, max(scores))
        pairs += [(len(rows[0]) + g, len(rows[1]) + p) for g, p in align.align(edges)]
        base = int(corpus.bases[doc])
        rows[0].extend((base + mark.start, doc, index) for index, mark in golds)
        rows[1].extend((base + start, doc, index) for index, (start, _) in enumerate(claims))
    sides = []
    for side in rows:
        table = np.array(side, dtype=np.int64).reshape(-1, 3)
        label = np.full(len(table), corpus.codes["speech"], dtype=np.int64)
        sides.append(Answers(label, corpus.units.at(table[:, 0], table[:, 1]), table[:, 1], table[:, 2]))
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Aligned(sides[0], sides[1], found[:, 0], found[:, 1], np.full(len(found), FULL, dtype=np.int64), label_names(corpus))


def quoted_words(text: str, prediction: Prediction) -> list[tuple[int, Words]]:
    """What a prediction presents as quoted: its speech marks, and the spans of its direct quotations that no such mark repeats."""
    spans = [Span(start=m.start, end=m.end) for m in prediction.marks if m.function == "speech"]
    claims = [(span.start, syllables(text, [span])) for span in spans]
    said = {words for _, words in claims}
    for quote in prediction.quotes:
        if quote.kind == "direct":
            for span in quote.content:
                words = syllables(text, [span])
                if words not in said:
                    said.add(words)
                    claims.append((span.start, words))
    return claims


def _kind(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    def judge(document: Document, talk: Conversation, g: int, p: int) -> bool:
        return talk.gold.quotes[g].kind == talk.predicted.quotes[p].kind

    return on_aligned(corpus, params, "kind", judge)


_SOURCE = "syllable overlap after Citron (Newell et al. 2018) and GenderGapTracker (Asr et al. 2021), one-to-one and symmetric"

LAYER = Layer(
    name="quotes",
    records="quotes",
    title="Quotations",
    label_field="kind",
    vocabularies={"kind": KINDS, "source_status": SOURCE_STATUSES},
    check=check,
    measures=(
        MeasureDefinition("strict", "the same syllables", _SOURCE, _aligner(Fraction(1)), VIEWS),
        MeasureDefinition("relaxed", "syllable intersection over union of at least 0.5", _SOURCE, _aligner(RELAXED), VIEWS, headline=True),
        MeasureDefinition("token", "syllables of aligned quotations that both have", _SOURCE, _token, VIEWS),
        MeasureDefinition(
            "marked", "speech in quotation marks against predicted speech marks and direct quotations, as relaxed", _SOURCE, _marked
        ),
        MeasureDefinition("kind", "aligned quotations of the same kind", _SOURCE, _kind, VIEWS, kind="accuracy"),
    ),
)
