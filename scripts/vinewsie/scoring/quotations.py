"""The alignment of quotations that all measures of quotations and attribution share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from vinewsie.model import Document, Entity, Prediction, Quote
from vinewsie.packed import Mask
from vinewsie.registry import SpeakerNames
from vinewsie.scoring import align
from vinewsie.scoring.alignment import FULL, WRONG, Aligned, Answers, label_names
from vinewsie.scoring.columns import NO_LABEL, Corpus
from vinewsie.scoring.definitions import MeasureDefinition, Parameter
from vinewsie.text import syllables

RELAXED = Fraction(1, 2)
"""The least intersection over union of syllables of two contents that are aligned, relaxed."""

Words = frozenset[tuple[int, int]]
"""A set of syllables, as spans of the text in code points."""

VIEW = Parameter(
    "view",
    ("full", "leaf", "marked"),
    "full: all quotations; leaf: only those that enclose no other; marked: only those with "
    "quotation marks (kind direct or mixed)",
)


def ancestors(quotes: Sequence[Quote]) -> list[list[int]]:
    """For each quotation the indices of those that enclose it, the outermost first.

    A parent that is unknown or circular ends the chain.
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

    Without ``speakers``, a source span that covers the mentions of exactly one gold entity stands
    for that entity. Mentions inside a covered mention do not count by themselves.

    Args:
        quote: the predicted quotation.
        entities: the gold mentions of the document.
        names: resolves names to registry keys.
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
class QuoteSide:
    """The quotations of one side of one document.

    Args:
        quotes: the records.
        words: the syllables of each content: the quotation's own, then its alternates'.
        speakers: the registry keys of each quotation's speakers.
        chains: the indices of those that enclose each quotation, the outermost first.
    """

    quotes: tuple[Quote, ...]
    words: list[list[Words]]
    speakers: list[frozenset[str]]
    chains: list[list[int]]

    def canonical(self) -> list[int]:
        """The place of each quotation in an order that does not depend on that of the records."""

        def key(index: int) -> tuple[object, ...]:
            quote = self.quotes[index]
            said = [sorted(self.speakers[i]) for i in (*self.chains[index], index)]
            labels = (quote.kind or "", quote.source_status or "")
            source = [span for span in (quote.source,) if span is not None]
            return (quote.content, labels, said, source, quote.cue, quote.alternates)

        places = [0] * len(self.quotes)
        for place, index in enumerate(sorted(range(len(self.quotes)), key=key)):
            places[index] = place
        return places

    def innermost(self) -> list[bool]:
        """Which quotations enclose no other."""
        parents = {quote.parent for quote in self.quotes}
        return [quote.id is None or quote.id not in parents for quote in self.quotes]


@dataclass(frozen=True)
class Conversation:
    """The aligned quotations of one document, as pairs (gold index, predicted index)."""

    document: Document
    gold: QuoteSide
    predicted: QuoteSide
    pairs: list[align.Edge]


def conversations(corpus: Corpus, minimum: Fraction) -> list[Conversation]:
    """The aligned quotations of each document, made once.

    Args:
        corpus: gold and predictions.
        minimum: the least intersection over union of an admissible pair.
    """

    def make() -> list[Conversation]:
        triples = zip(corpus.golds, corpus.predictions, corpus.names, strict=True)
        return [_aligned(gold, prediction, names, minimum) for gold, prediction, names in triples]

    return corpus.once(("quotes", minimum), make)


def _aligned(
    document: Document, prediction: Prediction, names: SpeakerNames, minimum: Fraction
) -> Conversation:
    """Aligns the quotations of one document.

    A pair is admissible if the syllables of the predicted content and of the gold content, or one
    of its alternates, have an intersection over union of at least ``minimum``. The alignment
    maximises, in this order, the number of pairs, the sum of syllable F, the pairs with the same
    speakers, the pairs on the same level of their chains; then those of the same kind, source and
    cue.
    """
    golds, guesses = document.quotes, prediction.quotes
    gold = QuoteSide(
        golds,
        [
            [syllables(document.text, content) for content in (quote.content, *quote.alternates)]
            for quote in golds
        ],
        [
            frozenset(quote.speakers)
            if quote.speakers is not None
            else speakers_of(quote, document.entities, names)
            for quote in golds
        ],
        ancestors(golds),
    )
    predicted = QuoteSide(
        guesses,
        [[syllables(document.text, quote.content)] for quote in guesses],
        [speakers_of(quote, document.entities, names) for quote in guesses],
        ancestors(guesses),
    )
    edges: dict[align.Edge, align.Rank] = {}
    for g, p in _sharing(gold, predicted):
        score = best_score(gold.words[g], predicted.words[p][0], minimum)
        if score is not None:
            edges[g, p] = (
                1,
                score,
                int(gold.speakers[g] == predicted.speakers[p]),
                int(len(gold.chains[g]) == len(predicted.chains[p])),
                # Among equal alignments, prefer the one that other measures prefer.
                int(golds[g].kind == guesses[p].kind),
                int(golds[g].source == guesses[p].source),
                int(golds[g].cue == guesses[p].cue),
            )
    # Between equal alignments the answers' order decides, which must not be that of the records.
    golds_at, guesses_at = gold.canonical(), predicted.canonical()
    ordered = {(golds_at[g], guesses_at[p]): rank for (g, p), rank in edges.items()}
    back = {(golds_at[g], guesses_at[p]): (g, p) for g, p in edges}
    return Conversation(
        document, gold, predicted, sorted(back[pair] for pair in align.align(ordered))
    )


def _sharing(gold: QuoteSide, predicted: QuoteSide) -> list[align.Edge]:
    """The pairs that have a syllable in common."""
    holders: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for p, [words] in enumerate(predicted.words):
        for word in words:
            holders[word].append(p)
    return sorted(
        {
            (g, p)
            for g, options in enumerate(gold.words)
            for words in options
            for word in words
            for p in holders.get(word, ())
        }
    )


def admitted(gold: Words, predicted: Words, minimum: Fraction) -> Fraction | None:
    """Syllable F of two contents, 2·shared / (gold + predicted); None if they are not admissible.

    Args:
        gold: the syllables of the gold content.
        predicted: the syllables of the predicted content.
        minimum: the least intersection over union.
    """
    shared, total = len(gold & predicted), len(gold) + len(predicted)
    if not shared or Fraction(shared, total - shared) < minimum:
        return None
    return Fraction(2 * shared, total)


def best_score(options: Sequence[Words], predicted: Words, minimum: Fraction) -> Fraction | None:
    """The best :func:`admitted` score of a gold content and its alternates.

    Args:
        options: the syllables of the gold content and of each alternate.
        predicted: the syllables of the predicted content.
        minimum: the least intersection over union.
    """
    scores = [admitted(words, predicted, minimum) for words in options]
    return max((score for score in scores if score is not None), default=None)


Agree = Callable[[Conversation, int, int], bool | None]
"""Whether an aligned pair (gold index, predicted index) agrees; None if it is not to be judged."""


@dataclass(frozen=True, kw_only=True)
class QuoteMeasure(MeasureDefinition):
    """A measure of quotations on their alignment.

    Args:
        minimum: the least intersection over union of syllables of an aligned pair.
        agree: a condition on aligned pairs beyond their content.
        compares: the fields of gold quotations that the condition reads.
        over: the answers that are counted: ``all`` quotations of both sides; the ``aligned`` pairs
            only; or the ``innermost`` gold quotations, where one without a prediction is wrong.
        unit: whether an answer counts once, or by its number of syllables.
    """

    minimum: Fraction = RELAXED
    agree: Agree | None = None
    compares: tuple[str, ...] = ()
    over: Literal["all", "aligned", "innermost"] = "all"
    unit: Literal["quotation", "syllable"] = "quotation"

    records = "quotes"
    label_field = "kind"

    @property
    def gold_fields(self) -> tuple[str, ...]:
        """See :attr:`MeasureDefinition.gold_fields`: those that are compared."""
        return self.compares

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """The view, unless the measure is about the innermost quotations."""
        return () if self.over == "innermost" else (VIEW,)

    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """See :meth:`MeasureDefinition.align`."""
        talks = conversations(corpus, self.minimum)
        found = self._pairs(corpus, talks)
        if self.over == "all":
            agreeing = np.flatnonzero([self._agree(talks, found, i) is True for i in _range(found)])
            found = replace(
                found,
                pair_gold=found.pair_gold[agreeing],
                pair_predicted=found.pair_predicted[agreeing],
                credit=found.credit[agreeing],
            )
            return _viewed(found, talks, values[VIEW.name])
        if self.over == "innermost":
            return self._innermost(_viewed(found, talks, "leaf"), talks)
        found = _viewed(found, talks, values[VIEW.name])
        verdicts = [self._agree(talks, found, pair) for pair in _range(found)]
        judged = [pair for pair, verdict in enumerate(verdicts) if verdict is not None]
        credit = [FULL if verdicts[pair] else WRONG for pair in judged]
        aligned = found.only(np.array(judged, dtype=np.int64), np.array(credit, dtype=np.int64))
        return _in_syllables(aligned, talks) if self.unit == "syllable" else aligned

    def _pairs(self, corpus: Corpus, talks: Sequence[Conversation]) -> Aligned:
        """All quotations of both sides with all pairs of the alignment."""
        gold, predicted = (quote_answers(corpus, side, self.label_field) for side in (True, False))
        documents = np.arange(len(talks))
        first_gold = np.searchsorted(gold.doc, documents).tolist()
        first_predicted = np.searchsorted(predicted.doc, documents).tolist()
        pairs = [
            (first_gold[doc] + g, first_predicted[doc] + p)
            for doc, talk in enumerate(talks)
            for g, p in talk.pairs
        ]
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        credit = np.full(len(table), FULL, dtype=np.int64)
        return Aligned(gold, predicted, table[:, 0], table[:, 1], credit, label_names(corpus))

    def _agree(self, talks: Sequence[Conversation], aligned: Aligned, pair: int) -> bool | None:
        """Whether a pair of the alignment agrees; None if it is not to be judged."""
        if self.agree is None:
            return True
        g, p = int(aligned.pair_gold[pair]), int(aligned.pair_predicted[pair])
        talk = talks[int(aligned.gold.doc[g])]
        return self.agree(talk, int(aligned.gold.record[g]), int(aligned.predicted.record[p]))

    def _innermost(self, leaves: Aligned, talks: Sequence[Conversation]) -> Aligned:
        """Each gold answer compared once: right if it has a prediction and the pair agrees."""
        credit = np.full(len(leaves.gold), WRONG, dtype=np.int64)
        for pair in _range(leaves):
            if self._agree(talks, leaves, pair):
                credit[leaves.pair_gold[pair]] = FULL
        each = np.arange(len(leaves.gold))
        # Each gold answer is its own counterpart, so that an accuracy has equal sides.
        return replace(
            leaves, predicted=leaves.gold, pair_gold=each, pair_predicted=each, credit=credit
        )


def _range(aligned: Aligned) -> range:
    return range(len(aligned.pair_gold))


def quote_answers(corpus: Corpus, gold: bool, label_field: str) -> Answers:
    """All quotations of one side as answers, surfaces without a place after each document's own.

    Args:
        corpus: gold and predictions.
        gold: which side.
        label_field: the field of a quotation that labels the answer.
    """
    rows: list[tuple[str, int, int, int]] = []
    units = corpus.units
    holders: Sequence[Document | Prediction] = corpus.golds if gold else corpus.predictions
    for doc, holder in enumerate(holders):
        base = int(corpus.bases[doc])
        for index, quote in enumerate(holder.quotes):
            start = np.array([base + min(span.start for span in quote.content)])
            unit = int(units.at(start, np.array([doc]))[0])
            rows.append((getattr(quote, label_field) or NO_LABEL, unit, doc, index))
        if isinstance(holder, Prediction):
            lost = [u for u in holder.unplaced if u.layer == "quotes"]
            rows += [(NO_LABEL, int(units.first[doc]), doc, u.index) for u in lost]
    labels = corpus.codes.of((row[0] for row in rows), len(rows))
    table = np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 3)
    return Answers(labels, table[:, 0], table[:, 1], table[:, 2])


def _viewed(aligned: Aligned, talks: Sequence[Conversation], view: str) -> Aligned:
    """The alignment filtered by view; a surface without a place counts in every view."""
    if view == "full":
        return aligned

    def kept(answers: Answers, sides: Sequence[QuoteSide]) -> Mask:
        if view == "leaf":
            passing = [side.innermost() for side in sides]
        else:
            passing = [[quote.kind in ("direct", "mixed") for quote in s.quotes] for s in sides]
        places = zip(answers.doc.tolist(), answers.record.tolist(), strict=True)
        mask = [record >= len(passing[doc]) or passing[doc][record] for doc, record in places]
        return np.array(mask, dtype=np.bool_)

    return aligned.restricted(
        kept(aligned.gold, [talk.gold for talk in talks]),
        kept(aligned.predicted, [talk.predicted for talk in talks]),
    )


def _in_syllables(aligned: Aligned, talks: Sequence[Conversation]) -> Aligned:
    """The answers weighted by their syllables, the pairs by the syllables that both sides have."""
    sizes = []
    for doc, g, p in zip(
        aligned.gold.doc.tolist(),
        aligned.gold.record.tolist(),
        aligned.predicted.record.tolist(),
        strict=True,
    ):
        guess = talks[doc].predicted.words[p][0]
        # Of the alternates the one that fits best, as in the alignment.
        gold = max(
            talks[doc].gold.words[g],
            key=lambda words: Fraction(2 * len(words & guess), len(words) + len(guess)),
        )
        sizes.append((len(gold), len(guess), len(gold & guess)))
    table = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    return replace(
        aligned,
        gold=replace(aligned.gold, weight=table[:, 0]),
        predicted=replace(aligned.predicted, weight=table[:, 1]),
        weight=table[:, 2],
    )
