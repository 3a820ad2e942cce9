"""Attribution: to whom the quotations are given. Measured on the quote records; it has no records
of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vinewsie.model import Document, Quote, Span
from vinewsie.scoring.alignment import FULL, WRONG, Aligned, MeasureDefinition
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.quotations import (
    RELAXED,
    VIEWS,
    Conversation,
    accuracy,
    conversations,
    on_aligned,
    quote_alignment,
)
from vinewsie.text import SYLLABLE

LABEL = "source_status"

_DETERMINERS = frozenset({"các", "những", "một", "mọi", "mỗi", "nhiều", "vài", "số"})


def same_speakers(talk: Conversation, g: int, p: int) -> bool:
    """Whether an aligned pair names the same set of speakers."""
    return talk.gold.speakers[g] == talk.predicted.speakers[p]


def head(document: Document, quote: Quote) -> Span | None:
    """The head of a gold source phrase: the first mention in it of one of the speakers; else its
    first syllable that is no determiner.
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


def _joint(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    return quote_alignment(corpus, RELAXED, params, LABEL, same_speakers)


def _speaker(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    return on_aligned(corpus, params, LABEL, lambda document, talk, g, p: same_speakers(talk, g, p))


def _source(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    def judge(document: Document, talk: Conversation, g: int, p: int) -> bool | None:
        phrase, guess = talk.gold.quotes[g].source, talk.predicted.quotes[p].source
        if phrase is None:
            return None
        core = head(document, talk.gold.quotes[g]) or phrase
        return (
            guess is not None
            and phrase.start <= guess.start <= core.start
            and core.end <= guess.end <= phrase.end
        )

    return on_aligned(corpus, params, LABEL, judge)


def _cue(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    def judge(document: Document, talk: Conversation, g: int, p: int) -> bool | None:
        ours, theirs = talk.gold.quotes[g].cue, talk.predicted.quotes[p].cue
        return (
            any(a.start < b.end and b.start < a.end for a in ours for b in theirs) if ours else None
        )

    return on_aligned(corpus, params, LABEL, judge)


def _chain(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Over all innermost gold quotations, found or not: the same list of speakers from the
    outermost to the innermost.
    """
    talks = conversations(corpus, RELAXED)
    leaves = quote_alignment(corpus, RELAXED, {"view": "leaf"}, LABEL)
    partner = dict(zip(leaves.gold.tolist(), leaves.prediction.tolist(), strict=True))
    credit = []
    for leaf in range(len(leaves.golds)):
        talk = talks[int(leaves.golds.doc[leaf])]
        g = int(leaves.golds.record[leaf])
        right = False
        if leaf in partner:
            p = int(leaves.predicted.record[partner[leaf]])
            ours = [talk.gold.speakers[i] for i in (*talk.gold.chains[g], g)]
            right = ours == [talk.predicted.speakers[i] for i in (*talk.predicted.chains[p], p)]
        credit.append(FULL if right else WRONG)
    each = np.arange(len(leaves.golds))
    # A leaf that was not found is compared with nothing, which is wrong: it stands for its own
    # counterpart.
    both = Aligned(leaves.golds, leaves.golds, each, each, each, leaves.labels)
    return accuracy(both, each, np.array(credit, dtype=np.int64))


_SOURCE = "Pareti (2015), PARC 3.0, on the relaxed alignment"

MEASURES = (
    MeasureDefinition(
        "joint",
        "relaxed quotation match and the same set of speakers",
        _SOURCE,
        _joint,
        VIEWS,
        headline=True,
    ),
    MeasureDefinition(
        "speaker",
        "aligned quotations with the same set of speakers",
        _SOURCE,
        _speaker,
        VIEWS,
        kind="accuracy",
    ),
    MeasureDefinition(
        "source",
        "aligned quotations whose predicted source lies in the source phrase and covers its head",
        _SOURCE,
        _source,
        VIEWS,
        kind="accuracy",
    ),
    MeasureDefinition(
        "cue", "aligned quotations with overlapping cues", _SOURCE, _cue, VIEWS, kind="accuracy"
    ),
    MeasureDefinition(
        "chain",
        "innermost gold quotations with the same speakers from the outermost to the innermost",
        _SOURCE,
        _chain,
        kind="accuracy",
    ),
)
