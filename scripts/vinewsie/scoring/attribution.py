"""Measures of attribution: to whom quotations are given. They are computed on quote records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vinewsie.model import Document, Quote, Span
from vinewsie.packed import Ints, Mask
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import CONTESTED, ErrorSpeakers, any_true
from vinewsie.scoring.quotations import SPEAKERS, Quotations, QuoteMeasure, Verdicts
from vinewsie.scoring.quote_speakers import Mentions, mentions_of
from vinewsie.text import SYLLABLE

_DETERMINERS = frozenset(
    {
        *("các", "những", "một", "mọi", "mỗi", "nhiều", "vài", "số"),
        *("the", "a", "an", "some", "several", "many"),
        *("le", "la", "les", "l", "un", "une", "des", "el", "los", "las", "una", "unos"),
        *("der", "die", "das", "ein", "eine", "einige", "il", "lo", "gli", "o", "os", "as", "um"),
        *("para", "sang", "si", "de", "het", "een"),
    }
)
"""Syllables before the head of a source phrase, in the languages of some news corpora."""


def _all(gold: Ints) -> Mask:
    return np.ones(len(gold), dtype=np.bool_)


def same_speakers(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether aligned pairs name the same speakers."""
    return talk.speakers(strict).same(gold, predicted), _all(gold)


def misattributed(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether aligned predictions name a wrong speaker; those that name nobody are not judged."""
    speakers = talk.speakers(strict)
    named = np.array([speakers.names_somebody(p) for p in predicted.tolist()], dtype=np.bool_)
    return ~speakers.same(gold, predicted), named


def source_found(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether predicted sources lie in the gold source and cover its head; pairs without a gold
    source are not judged.
    """
    documents, mentions = talk.corpus.golds, mentions_of(talk.corpus)
    right, judged = np.zeros((2, len(gold)), dtype=np.bool_)
    for pair, (g, p) in enumerate(zip(gold.tolist(), predicted.tolist(), strict=True)):
        phrase, guess = talk.gold.quotes[g].source, talk.predicted.quotes[p].source
        judged[pair] = phrase is not None
        if phrase is not None and guess is not None:
            doc = int(talk.gold.doc[g])
            core = head(documents[doc], talk.gold.quotes[g], mentions[doc]) or phrase
            right[pair] = (
                phrase.start <= guess.start <= core.start and core.end <= guess.end <= phrase.end
            )
    return right, judged


def cues_overlap(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether cues share a code point; pairs without a gold cue are not judged."""
    right, judged = np.zeros((2, len(gold)), dtype=np.bool_)
    for pair, (g, p) in enumerate(zip(gold.tolist(), predicted.tolist(), strict=True)):
        ours, theirs = talk.gold.quotes[g].cue, talk.predicted.quotes[p].cue
        judged[pair] = bool(ours)
        if talk.lenient:
            others = (reading.cue for reading in talk.gold.quotes[g].readings)
            ours = (*ours, *(cue for cues in others if cues is not None for cue in cues))
        right[pair] = any(a.start < b.end and b.start < a.end for a in ours for b in theirs)
    return right, judged


def same_chain(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether the lists of speakers from the outermost quotation to this one are the same."""
    speakers = talk.speakers(strict)
    right = speakers.same(gold, predicted)
    own = dict(
        zip(zip(gold.tolist(), predicted.tolist(), strict=True), right.tolist(), strict=True)
    )
    parents = talk.gold.parent[gold], talk.predicted.parent[predicted]
    right &= (parents[0] < 0) == (parents[1] < 0)
    known: dict[tuple[int, int], bool] = {(-1, -1): True}

    def same(g: int, p: int) -> bool:
        path = []
        while (g, p) not in known and g >= 0 and p >= 0:
            path.append((g, p))
            g, p = int(talk.gold.parent[g]), int(talk.predicted.parent[p])
        agrees = known.get((g, p), False)
        for pair in reversed(path):
            said = own[pair] if pair in own else speakers.same_one(*pair)
            agrees = known[pair] = agrees and said
        return agrees

    for pair in np.flatnonzero(right & (parents[0] >= 0)).tolist():
        right[pair] = same(int(parents[0][pair]), int(parents[1][pair]))
    return right, _all(gold)


def head(document: Document, quote: Quote, mentions: Mentions) -> Span | None:
    """The head of a gold source phrase.

    It is the first mention in the phrase of one of the speakers; else the first syllable that is no
    determiner.

    Args:
        document: the gold document.
        quote: the quotation.
        mentions: the mentions of the document.
    """
    if quote.source is None:
        return None
    source = quote.source
    for entity in mentions.inside(source):
        if entity.entity_id in (quote.speakers or ()):
            return Span(start=entity.start, end=entity.end)
    words = list(SYLLABLE.finditer(document.text, source.start, source.end))
    chosen = next(
        (word for word in words if word.group().casefold() not in _DETERMINERS),
        words[0] if words else None,
    )
    return Span(start=chosen.start(), end=chosen.end()) if chosen else source


@dataclass(frozen=True, kw_only=True)
class AttributionMeasure(QuoteMeasure):
    """A measure of quotations that is broken down by the status of the source."""

    label_field = "source_status"

    def annotated(self, corpus: Corpus) -> bool | None:
        """See :meth:`MeasureDefinition.annotated`; a gold quotation without speakers may name them
        by its source.
        """
        if not self.about_speakers:
            return super().annotated(corpus)
        return any_true(Quotations.of(corpus).speakers().gold)

    def speakers_of_error(
        self, corpus: Corpus, values: Mapping[str, str], gold: bool, doc: int, record: int
    ) -> ErrorSpeakers | None:
        """See :meth:`MeasureDefinition.speakers_of_error`."""
        if not self.about_speakers:
            return None
        talk = Quotations.of(corpus, lenient=values[CONTESTED.name] != "count")
        strict = values[SPEAKERS.name] == "strict"
        first = corpus.once(
            "first quotations",
            lambda: [
                np.searchsorted(side.doc, np.arange(len(corpus.golds)))
                for side in (talk.gold, talk.predicted)
            ],
        )

        def partners() -> tuple[dict[int, int], dict[int, int]]:
            pairs = talk.pairs(self.minimum, strict=strict)
            ours = dict(zip(pairs.gold.tolist(), pairs.predicted.tolist(), strict=True))
            return ours, {p: g for g, p in ours.items()}

        ours, theirs = corpus.once(("partners", self.minimum, strict, talk.lenient), partners)
        own = int(first[0 if gold else 1][doc]) + record
        g, p = (own, ours.get(own)) if gold else (theirs.get(own), own)
        speakers = talk.speakers(strict)
        found: ErrorSpeakers = {}
        if g is not None:
            found["gold_speakers"] = sorted(speakers.gold[g])
        if p is not None:
            found["speakers"] = [
                {"given": name.given, "by": name.by, "readings": sorted(name.readings)}
                for name in speakers.readings(p, g)
            ]
        return found


_SOURCE = "Pareti (2015), PARC 3.0, on the relaxed alignment"
_SPEAKERS: dict[str, Any] = {"source": _SOURCE, "agree": same_speakers, "compares": ("speakers",)}

MEASURES = (
    AttributionMeasure(
        name="joint",
        matches="relaxed quotation match and the same set of speakers",
        headline=True,
        **_SPEAKERS,
    ),
    AttributionMeasure(
        name="speaker",
        matches="aligned quotations with the same set of speakers",
        over="aligned",
        kind="accuracy",
        **_SPEAKERS,
    ),
    AttributionMeasure(
        name="misattributed",
        matches=(
            "aligned predictions with a wrong speaker, of those that name one (a role without a "
            "name does, a pronoun does not); lower is better"
        ),
        source="the correction rate of a newsroom; error rate of attribution.speaker",
        agree=misattributed,
        compares=("speakers",),
        over="aligned",
        kind="accuracy",
        lower_is_better=True,
    ),
    AttributionMeasure(
        name="source",
        matches=(
            "aligned quotations whose predicted source lies in the source phrase and covers its "
            "head"
        ),
        source=_SOURCE,
        agree=source_found,
        compares=("source",),
        over="aligned",
        kind="accuracy",
    ),
    AttributionMeasure(
        name="cue",
        matches="aligned quotations with overlapping cues",
        source=_SOURCE,
        agree=cues_overlap,
        compares=("cue",),
        over="aligned",
        kind="accuracy",
    ),
    AttributionMeasure(
        name="chain",
        matches=(
            "innermost gold quotations with the same speakers from the outermost to the innermost"
        ),
        source=_SOURCE,
        agree=same_chain,
        compares=("speakers",),
        over="innermost",
        kind="accuracy",
    ),
)
