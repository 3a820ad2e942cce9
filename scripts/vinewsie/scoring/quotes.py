"""Measures of quotations: syllables, quotation marks, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from vinewsie.model import Document, Prediction, Span
from vinewsie.scoring import align
from vinewsie.scoring.alignment import FULL, Align, Aligned, Answers, MeasureDefinition, label_names
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.quotations import (
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
from vinewsie.text import syllables


def _aligner(minimum: Fraction) -> Align:
    return lambda corpus, params: quote_alignment(corpus, minimum, params, "kind")


def _token(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Syllables of the aligned quotations: those of the gold, those of the prediction, and the
    shared ones.
    """
    talks = conversations(corpus, RELAXED)
    pairs = quote_alignment(corpus, RELAXED, params, "kind")
    aligned = accuracy(pairs, np.arange(len(pairs.gold)), np.full(len(pairs.gold), FULL))
    sizes = []
    for doc, g, p in zip(
        aligned.golds.doc.tolist(),
        aligned.golds.record.tolist(),
        aligned.predicted.record.tolist(),
        strict=True,
    ):
        theirs = talks[doc].predicted.words[p][0]
        # Of the alternates the one that fits best, as in the alignment.
        ours = max(
            talks[doc].gold.words[g],
            key=lambda words: Fraction(2 * len(words & theirs), len(words) + len(theirs)),
        )
        sizes.append((len(ours), len(theirs), len(ours & theirs)))
    table = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    return replace(
        aligned,
        golds=replace(aligned.golds, weight=table[:, 0]),
        predicted=replace(aligned.predicted, weight=table[:, 1]),
        weight=table[:, 2],
    )


def _marked(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Speech marks of the gold against what a prediction presents as quoted words: its speech marks
    and its direct quotations.
    """
    rows: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
    pairs: list[tuple[int, int]] = []
    for doc, (gold, prediction) in enumerate(zip(corpus.golds, corpus.predictions, strict=True)):
        golds = [(i, m) for i, m in enumerate(gold.marks) if m.function == "speech"]
        ours = [
            [syllables(gold.text, [s]) for s in (Span(start=m.start, end=m.end), *m.alternates)]
            for _, m in golds
        ]
        claims = quoted_words(gold.text, prediction)
        edges: dict[align.Edge, align.Rank] = {}
        for g, options in enumerate(ours):
            for p, (_, words) in enumerate(claims):
                scores = [
                    score
                    for option in options
                    if (score := admitted(option, words, RELAXED)) is not None
                ]
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
        sides.append(
            Answers(label, corpus.units.at(table[:, 0], table[:, 1]), table[:, 1], table[:, 2])
        )
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Aligned(
        sides[0],
        sides[1],
        found[:, 0],
        found[:, 1],
        np.full(len(found), FULL, dtype=np.int64),
        label_names(corpus),
    )


def quoted_words(text: str, prediction: Prediction) -> list[tuple[int, Words]]:
    """What a prediction presents as quoted: its speech marks, and the spans of its direct
    quotations that no such mark repeats.
    """
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


MEASURES = (
    MeasureDefinition("strict", "the same syllables", _SOURCE, _aligner(Fraction(1)), VIEWS),
    MeasureDefinition(
        "relaxed",
        "syllable intersection over union of at least 0.5",
        _SOURCE,
        _aligner(RELAXED),
        VIEWS,
        headline=True,
    ),
    MeasureDefinition(
        "token", "syllables of aligned quotations that both have", _SOURCE, _token, VIEWS
    ),
    MeasureDefinition(
        "marked",
        "speech in quotation marks against predicted speech marks and direct quotations, as relaxed",
        _SOURCE,
        _marked,
    ),
    MeasureDefinition(
        "kind", "aligned quotations of the same kind", _SOURCE, _kind, VIEWS, kind="accuracy"
    ),
)
