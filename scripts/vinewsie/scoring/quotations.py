"""Which predicted quotation is which gold one: the alignment that all measures of quotations and
attribution share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from vinewsie.model import Document, Entity, Prediction, Quote
from vinewsie.packed import Ints, Mask
from vinewsie.registry import SpeakerNames
from vinewsie.scoring import align
from vinewsie.scoring.alignment import FULL, WRONG, Aligned, Answers, chosen, label_names
from vinewsie.scoring.columns import NO_LABEL, Corpus
from vinewsie.text import syllables

RELAXED = Fraction(1, 2)
"""The intersection over union from which two contents are the same quotation, relaxed."""

Words = frozenset[tuple[int, int]]
"""A set of syllables, as spans of the text."""

VIEWS = {"view": ("full", "leaf", "marked")}
"""All quotations; only those that enclose no other; only those with quotation marks (kind direct or
mixed).
"""


def ancestors(quotes: Sequence[Quote]) -> list[list[int]]:
    """For each quotation the indices of those that enclose it, the outermost first. A parent that
    is unknown or circular ends the chain.
    """
    by_id = {quote.id: index for index, quote in enumerate(quotes) if quote.id is not None}
    result = []
    for own, quote in enumerate(quotes):
        chain: list[int] = []
        parent = by_id.get(quote.parent or "")
        while parent is not None and parent != own and parent not in chain:
            chain.insert(0, parent)
            parent = by_id.get(quotes[parent].parent or "")
        result.append(chain)
    return result


def speakers_of(quote: Quote, entities: Sequence[Entity], names: SpeakerNames) -> frozenset[str]:
    """The registry keys that a predicted quotation names as its speakers.

    Without ``speakers``, a source span that covers one gold mention stands for that entity.
    Mentions inside a covered mention do not count apart, nor do two names of one entity ("…
    (KCNA)"): what matters is that there is one entity.
    """
    if quote.speakers is not None:
        return frozenset(names.resolve(speaker) for speaker in quote.speakers)
    if quote.source is None:
        return frozenset()
    inside = [e for e in entities if quote.source.start <= e.start and e.end <= quote.source.end]
    outermost = [
        e
        for e in inside
        if not any(
            o.start <= e.start and e.end <= o.end and (o.start, o.end) != (e.start, e.end)
            for o in inside
        )
    ]
    covered = {e.entity_id for e in outermost if e.entity_id is not None}
    return frozenset(covered) if len(covered) == 1 else frozenset()


@dataclass(frozen=True)
class Side:
    """The quotations of one side of one document, with what alignment and measures read of them."""

    quotes: tuple[Quote, ...]
    words: list[list[Words]]
    speakers: list[frozenset[str]]
    chains: list[list[int]]

    def innermost(self) -> list[bool]:
        """Which quotations enclose no other."""
        parents = {quote.parent for quote in self.quotes}
        return [quote.id is None or quote.id not in parents for quote in self.quotes]


@dataclass(frozen=True)
class Conversation:
    """The aligned quotations of one document: pairs (gold index, predicted index) on the relaxed or
    strict alignment.
    """

    gold: Side
    predicted: Side
    pairs: list[align.Edge]


def conversations(corpus: Corpus, minimum: Fraction) -> list[Conversation]:
    """The aligned quotations of all documents."""

    def make() -> list[Conversation]:
        triples = zip(corpus.golds, corpus.predictions, corpus.names, strict=True)
        return [_align(gold, prediction, names, minimum) for gold, prediction, names in triples]

    return corpus.once(("quotes", minimum), make)


def _align(
    gold: Document, prediction: Prediction, names: SpeakerNames, minimum: Fraction
) -> Conversation:
    """Aligns the quotations of one document.

    Admissible is a pair whose syllables have an intersection over union of at least ``minimum``,
    with the gold content or one of its alternates. Maximised are, in this order, the number of
    pairs, the sum of syllable F, the pairs with the same speakers, the pairs on the same level of
    their chains; then those of the same kind, source and cue.
    """
    golds, predicted = gold.quotes, prediction.quotes
    ours = Side(
        golds,
        [
            [syllables(gold.text, content) for content in (quote.content, *quote.alternates)]
            for quote in golds
        ],
        [
            frozenset(quote.speakers)
            if quote.speakers is not None
            else speakers_of(quote, gold.entities, names)
            for quote in golds
        ],
        ancestors(golds),
    )
    theirs = Side(
        predicted,
        [[syllables(gold.text, quote.content)] for quote in predicted],
        [speakers_of(quote, gold.entities, names) for quote in predicted],
        ancestors(predicted),
    )
    edges: dict[align.Edge, align.Rank] = {}
    for g, p in _sharing(ours, theirs):
        scores = [
            score
            for words in ours.words[g]
            if (score := admitted(words, theirs.words[p][0], minimum)) is not None
        ]
        if scores:
            same_speakers = int(theirs.speakers[p] == ours.speakers[g])
            # What the contract's order leaves equal is decided by what the other measures look at,
            # never by the order of the input.
            rest = (
                golds[g].kind == predicted[p].kind,
                golds[g].source == predicted[p].source,
                golds[g].cue == predicted[p].cue,
            )
            edges[g, p] = (
                1,
                max(scores),
                same_speakers,
                int(len(ours.chains[g]) == len(theirs.chains[p])),
                *map(int, rest),
            )
    return Conversation(ours, theirs, align.align(edges))


def _sharing(ours: Side, theirs: Side) -> list[align.Edge]:
    """The pairs that have a syllable in common."""
    where: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for p, [words] in enumerate(theirs.words):
        for word in words:
            where[word].append(p)
    return sorted(
        {
            (g, p)
            for g, options in enumerate(ours.words)
            for words in options
            for word in words
            for p in where.get(word, ())
        }
    )


def admitted(gold: Words, predicted: Words, minimum: Fraction) -> Fraction | None:
    """Syllable F of two contents if their intersection over union reaches ``minimum``."""
    shared, total = len(gold & predicted), len(gold) + len(predicted)
    if not shared or Fraction(shared, total - shared) < minimum:
        return None
    return Fraction(2 * shared, total)


def quote_answers(corpus: Corpus, gold: bool, label_field: str) -> Answers:
    """All quotations of one side as answers, labelled by one of their fields; lost surfaces behind
    each document's own.
    """
    rows: list[tuple[str, int, int, int]] = []
    units = corpus.units
    holders: Sequence[Document | Prediction] = corpus.golds if gold else corpus.predictions
    for doc, holder in enumerate(holders):
        base = int(corpus.bases[doc])
        for index, quote in enumerate(holder.quotes):
            unit = int(
                units.at(
                    np.array([base + min(span.start for span in quote.content)]), np.array([doc])
                )[0]
            )
            rows.append((getattr(quote, label_field) or NO_LABEL, unit, doc, index))
        if isinstance(holder, Prediction):
            lost = [u for u in holder.unplaced if u.layer == "quotes"]
            rows += [(NO_LABEL, int(units.first[doc]), doc, u.index) for u in lost]
    labels = corpus.codes.of((row[0] for row in rows), len(rows))
    table = np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 3)
    return Answers(labels, table[:, 0], table[:, 1], table[:, 2])


def quote_alignment(
    corpus: Corpus,
    minimum: Fraction,
    params: Mapping[str, str],
    label_field: str,
    right: Callable[[Conversation, int, int], bool] | None = None,
) -> Aligned:
    """All quotations with the pairs of the alignment that are right, filtered by view after the
    alignment.
    """
    talks = conversations(corpus, minimum)
    golds, predicted = (
        quote_answers(corpus, True, label_field),
        quote_answers(corpus, False, label_field),
    )
    first_gold, first_predicted = _firsts(golds, len(talks)), _firsts(predicted, len(talks))
    pairs = [
        (first_gold[doc] + g, first_predicted[doc] + p)
        for doc, talk in enumerate(talks)
        for g, p in talk.pairs
        if right is None or right(talk, g, p)
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    credit = np.full(len(table), FULL, dtype=np.int64)
    aligned = Aligned(golds, predicted, table[:, 0], table[:, 1], credit, label_names(corpus))
    return _viewed(aligned, talks, params["view"])


def _firsts(answers: Answers, documents: int) -> list[int]:
    """Where the answers of each document begin."""
    begins: list[int] = np.searchsorted(answers.doc, np.arange(documents)).tolist()
    return begins


def _viewed(aligned: Aligned, talks: Sequence[Conversation], view: str) -> Aligned:
    if view == "full":
        return aligned

    def kept(answers: Answers, sides: Sequence[Side]) -> Mask:
        inner = [side.innermost() for side in sides]
        mask = []
        for doc, record in zip(answers.doc.tolist(), answers.record.tolist(), strict=True):
            quotes = sides[doc].quotes
            if record >= len(quotes):  # a lost surface counts in every view
                mask.append(True)
            else:
                mask.append(
                    inner[doc][record]
                    if view == "leaf"
                    else quotes[record].kind in ("direct", "mixed")
                )
        return np.array(mask, dtype=np.bool_)

    return aligned.restricted(
        kept(aligned.golds, [t.gold for t in talks]),
        kept(aligned.predicted, [t.predicted for t in talks]),
    )


def on_aligned(
    corpus: Corpus,
    params: Mapping[str, str],
    label_field: str,
    judge: Callable[[Document, Conversation, int, int], bool | None],
) -> Aligned:
    """An accuracy: the golds that the relaxed alignment pairs and ``judge`` does not leave out
    (None), with those that it finds right.
    """
    talks = conversations(corpus, RELAXED)
    everything = quote_alignment(corpus, RELAXED, {"view": params["view"]}, label_field)
    judged, credit = [], []
    for pair in range(len(everything.gold)):
        doc = int(everything.golds.doc[everything.gold[pair]])
        g, p = (
            everything.golds.record[everything.gold[pair]],
            everything.predicted.record[everything.prediction[pair]],
        )
        verdict = judge(corpus.golds[doc], talks[doc], int(g), int(p))
        if verdict is not None:
            judged.append(pair)
            credit.append(FULL if verdict else WRONG)
    return accuracy(everything, np.array(judged, dtype=np.int64), np.array(credit, dtype=np.int64))


def accuracy(aligned: Aligned, pairs: Ints, credit: Ints) -> Aligned:
    """Only these pairs, as many golds as predictions."""
    golds, predicted = (
        chosen(aligned.golds, aligned.gold[pairs]),
        chosen(aligned.predicted, aligned.prediction[pairs]),
    )
    index = np.arange(len(pairs))
    return replace(
        aligned, golds=golds, predicted=predicted, gold=index, prediction=index, credit=credit
    )
