"""Measures of attribution: to whom quotations are given. They are computed on quote records."""

from __future__ import annotations

from dataclasses import dataclass

from vinewsie.model import Document, Quote, Span
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import any_true
from vinewsie.scoring.quotations import RELAXED, Conversation, QuoteMeasure, conversations
from vinewsie.text import SYLLABLE

_DETERMINERS = frozenset({"các", "những", "một", "mọi", "mỗi", "nhiều", "vài", "số"})


def same_speakers(talk: Conversation, g: int, p: int) -> bool:
    """Whether an aligned pair names the same set of speakers."""
    return talk.gold.speakers[g] == talk.predicted.speakers[p]


def source_found(talk: Conversation, g: int, p: int) -> bool | None:
    """Whether the predicted source lies in the gold source and covers its head; None without a gold
    source.
    """
    phrase, guess = talk.gold.quotes[g].source, talk.predicted.quotes[p].source
    if phrase is None:
        return None
    core = head(talk.document, talk.gold.quotes[g]) or phrase
    return (
        guess is not None
        and phrase.start <= guess.start <= core.start
        and core.end <= guess.end <= phrase.end
    )


def cues_overlap(talk: Conversation, g: int, p: int) -> bool | None:
    """Whether the cues share a code point; None without a gold cue."""
    gold, predicted = talk.gold.quotes[g].cue, talk.predicted.quotes[p].cue
    if not gold:
        return None
    return any(a.start < b.end and b.start < a.end for a in gold for b in predicted)


def same_chain(talk: Conversation, g: int, p: int) -> bool:
    """Whether the lists of speakers from the outermost quotation to this one are the same."""
    gold = [talk.gold.speakers[i] for i in (*talk.gold.chains[g], g)]
    predicted = [talk.predicted.speakers[i] for i in (*talk.predicted.chains[p], p)]
    return gold == predicted


def head(document: Document, quote: Quote) -> Span | None:
    """The head of a gold source phrase.

    It is the first mention in the phrase of one of the speakers; else the first syllable that is no
    determiner.
    """
    if quote.source is None:
        return None
    source = quote.source
    for entity in document.entities:
        if (
            entity.entity_id in (quote.speakers or ())
            and source.start <= entity.start
            and entity.end <= source.end
        ):
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
        if self.compares != ("speakers",):
            return super().annotated(corpus)
        return any_true(s for talk in conversations(corpus, RELAXED) for s in talk.gold.speakers)


_SOURCE = "Pareti (2015), PARC 3.0, on the relaxed alignment"

MEASURES = (
    AttributionMeasure(
        name="joint",
        matches="relaxed quotation match and the same set of speakers",
        source=_SOURCE,
        agree=same_speakers,
        compares=("speakers",),
        headline=True,
    ),
    AttributionMeasure(
        name="speaker",
        matches="aligned quotations with the same set of speakers",
        source=_SOURCE,
        agree=same_speakers,
        compares=("speakers",),
        over="aligned",
        kind="accuracy",
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
