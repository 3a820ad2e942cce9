"""Who speaks in the quotations of both sides, and which pairs have the same speakers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from vinewsie.model import Entity, Quote, Span
from vinewsie.packed import Codes, Ints, Mask
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.contents import Syllables
from vinewsie.scoring.speakers import NamedSpeaker, Words, is_pronoun, words_of

Readings = tuple[frozenset[str], ...]
"""Sets of keys: those that each name may stand for, or those that are right for a quotation."""


class Mentions:
    """The mentions of a document, for looking up those inside a span."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._entities = sorted(entities, key=lambda entity: entity.start)
        self._starts = [entity.start for entity in self._entities]

    def inside(self, span: Span) -> list[Entity]:
        """The mentions inside a span, by start."""
        low, high = (bisect_left(self._starts, offset) for offset in (span.start, span.end))
        return [entity for entity in self._entities[low:high] if entity.end <= span.end]

    def named(self, span: Span) -> frozenset[str]:
        """The keys of the mentions inside a span that lie inside no other of them."""
        inside = self.inside(span)
        return frozenset(
            e.entity_id
            for e in inside
            if e.entity_id is not None
            and not any(
                o.start <= e.start and e.end <= o.end and (o.start, o.end) != (e.start, e.end)
                for o in inside
            )
        )


class QuoteSpeakers:
    """The speakers of all quotations of a corpus.

    A predicted quotation without ``speakers``, whose source span covers the mentions of exactly one
    entity, names that entity.

    Args:
        corpus: gold and predictions.
        syllables: the syllables of the texts.
        gold: the gold quotations, and their documents.
        predicted: the predicted quotations, and their documents.
        strict: whether a name is right only if it resolves to one key; see
            :meth:`SpeakerNames.resolve <vinewsie.scoring.speakers.SpeakerNames.resolve>`.
        lenient: whether the speakers of any reading of the gold are right.
    """

    def __init__(
        self,
        corpus: Corpus,
        syllables: Syllables,
        gold: tuple[Sequence[Quote], Ints],
        predicted: tuple[Sequence[Quote], Ints],
        *,
        strict: bool,
        lenient: bool,
    ) -> None:
        self._corpus, self._syllables = corpus, syllables
        self._strict, self._lenient = strict, lenient
        self._gold, self._gold_doc = gold[0], gold[1].tolist()
        self._predicted, self._predicted_doc = predicted[0], predicted[1].tolist()
        self._known: dict[tuple[int, int], bool] = {}

    @cached_property
    def gold(self) -> list[frozenset[str]]:
        """The keys of each gold quotation's speakers."""
        return [
            self._covered(quote, doc) if quote.speakers is None else self._keys(quote.speakers, doc)
            for quote, doc in zip(self._gold, self._gold_doc, strict=True)
        ]

    def _keys(self, speakers: Iterable[str], doc: int) -> frozenset[str]:
        """The keys of speakers as the gold gives them."""
        return frozenset(
            speakers if self._strict else map(self._corpus.names[doc].gold_key, speakers)
        )

    def _choices(self, gold: int) -> Readings:
        """The sets of speakers that are right for a gold quotation, its own first."""
        others = self._gold[gold].readings if self._lenient else ()
        doc = self._gold_doc[gold]
        more = (self._keys(r.speakers, doc) for r in others if r.speakers is not None)
        return (self.gold[gold], *more)

    @cached_property
    def predicted(self) -> list[tuple[NamedSpeaker, ...]]:
        """The speakers that each predicted quotation names, by all steps that do not depend on a
        gold quotation.
        """
        return list(map(self._named, self._predicted, self._predicted_doc))

    def _named(self, quote: Quote, doc: int) -> tuple[NamedSpeaker, ...]:
        names = self._corpus.names[doc]
        if quote.speakers is not None:
            return tuple(map(names.read_strictly if self._strict else names.read, quote.speakers))
        covered = self._covered(quote, doc)
        return tuple(NamedSpeaker(key, "mention", frozenset({key})) for key in covered)

    def names_somebody(self, predicted: int) -> bool:
        """Whether a predicted quotation names a speaker, by more than pronouns and empty texts."""
        return any(name.names_somebody for name in self.predicted[predicted])

    def _covered(self, quote: Quote, doc: int) -> frozenset[str]:
        if quote.source is None:
            return frozenset()
        covered = mentions_of(self._corpus)[doc].named(quote.source)
        return covered if len(covered) == 1 else frozenset()

    @cached_property
    def _codes(self) -> tuple[Ints, Ints, list[Readings], list[Readings]]:
        """Codes of the speakers of both sides, and what they stand for: the sets of speakers that
        are right for a gold quotation, and the readings of each name of a prediction.
        """
        golds, readings = Codes(), Codes()
        ours = golds.of(map(self._choices, range(len(self.gold))), len(self.gold))
        theirs = readings.of(
            (tuple(name.readings for name in named) for named in self.predicted),
            len(self.predicted),
        )
        return ours, theirs, list(golds), list(readings)

    def same(self, gold: Ints, predicted: Ints) -> Mask:
        """(n_pairs,) bool, whether pairs have the same speakers.

        Args:
            gold: (n_pairs,) int64, gold quotations.
            predicted: (n_pairs,) int64, predicted quotations.
        """
        ours, theirs, golds, readings = self._codes
        width = max(len(readings), 1)
        pair, place = np.unique(ours[gold] * width + theirs[predicted], return_inverse=True)
        table = np.array(
            [
                any(_agree(choice, readings[code % width]) for choice in golds[code // width])
                for code in pair.tolist()
            ],
            dtype=np.bool_,
        )
        same: Mask = table[place] if len(pair) else np.zeros(0, dtype=np.bool_)
        if self._strict:
            return same
        return same | self._same_source(gold, predicted) | self._same_phrase(gold, predicted)

    # The source span and the source phrase

    def _same_source(self, gold: Ints, predicted: Ints) -> Mask:
        """Whether the predicted source stands for the gold's speakers: it is the gold's source by
        at least half of the syllables of either, and the prediction names nobody beyond it.
        """
        stands: Mask = self._stands[predicted] & self.sources_overlap(gold, predicted)
        return stands

    def sources_overlap(self, gold: Ints, predicted: Ints) -> Mask:
        """(n_pairs,) bool, whether the source phrases share at least half of the syllables of the
        longer one.
        """
        g, p = self._sources
        low = np.maximum(g[gold, 0], p[predicted, 0])
        high = np.minimum(g[gold, 1], p[predicted, 1])
        longer = np.maximum(g[gold, 1] - g[gold, 0], p[predicted, 1] - p[predicted, 0])
        overlap: Mask = (2 * (high - low) >= longer) & (high > low)
        return overlap

    @cached_property
    def _sources(self) -> tuple[Ints, Ints]:
        """For both sides (n_quotes, 2) int64, the syllables of the source phrases."""

        def ranges(quotes: Sequence[Quote], docs: Sequence[int]) -> Iterator[tuple[int, int]]:
            for quote, doc in zip(quotes, docs, strict=True):
                whole = self._syllables.content(doc, [quote.source])[0] if quote.source else []
                yield whole[0] if whole else (0, 0)

        gold = list(ranges(self._gold, self._gold_doc))
        predicted = list(ranges(self._predicted, self._predicted_doc))
        return (
            np.array(gold, dtype=np.int64).reshape(-1, 2),
            np.array(predicted, dtype=np.int64).reshape(-1, 2),
        )

    @cached_property
    def _stands(self) -> Mask:
        """(n_predicted,) bool, which predictions name nobody but by their source span."""
        return np.array(
            [
                quote.source is not None
                and (quote.speakers is None or self._names_its_source(quote, doc))
                for quote, doc in zip(self._predicted, self._predicted_doc, strict=True)
            ],
            dtype=np.bool_,
        )

    def _names_its_source(self, quote: Quote, doc: int) -> bool:
        """Whether all names are words of the source phrase, and none of them is known."""
        assert quote.source is not None
        names = self._corpus.names[doc]
        if not quote.speakers or any(names.full_name(name).readings for name in quote.speakers):
            return False
        words = self._words(quote.source, doc)
        return all(words_of(name) and set(words_of(name)) <= set(words) for name in quote.speakers)

    def _words(self, span: Span, doc: int) -> Words:
        return words_of(self._corpus.golds[doc].text[span.start : span.end])

    def _same_phrase(self, gold: Ints, predicted: Ints) -> Mask:
        """Whether the one name is the gold's printed source phrase, and no known name."""
        ours, theirs = self._phrases
        same: Mask = (ours[gold] == theirs[predicted]) & (ours[gold] >= 0)
        return same

    @cached_property
    def _phrases(self) -> tuple[Ints, Ints]:
        codes = Codes()

        def ours(quote: Quote, doc: int) -> int:
            words = self._words(quote.source, doc) if quote.source is not None else ()
            return codes[words] if words else -1

        def theirs(quote: Quote, doc: int) -> int:
            if quote.speakers is None or len(quote.speakers) != 1:
                return -1
            [name] = quote.speakers
            if is_pronoun(name) or self._corpus.names[doc].full_name(name).readings:
                return -1
            return codes.get(words_of(name), -1)

        gold = list(map(ours, self._gold, self._gold_doc))
        predicted = list(map(theirs, self._predicted, self._predicted_doc))
        return np.array(gold, dtype=np.int64), np.array(predicted, dtype=np.int64)

    # Single pairs

    def same_one(self, gold: int, predicted: int) -> bool:
        """Whether one pair has the same speakers."""
        if (gold, predicted) not in self._known:
            pair = np.array([gold]), np.array([predicted])
            self._known[gold, predicted] = bool(self.same(*pair)[0])
        return self._known[gold, predicted]

    def readings(self, predicted: int, gold: int | None) -> tuple[NamedSpeaker, ...]:
        """How the speakers of a predicted quotation were resolved beside a gold quotation, or by
        themselves.
        """
        named = self.predicted[predicted]
        if gold is None or self._strict:
            return named
        pair = np.array([gold]), np.array([predicted])
        for by, stands in (("source", self._same_source), ("phrase", self._same_phrase)):
            if stands(*pair)[0]:
                given = self._predicted[predicted].speakers or ("",)
                return tuple(NamedSpeaker(name, by, self.gold[gold]) for name in given)
        return named

    def chosen(self, gold: int, predicted: int) -> frozenset[str]:
        """The speakers of a gold quotation in the reading whose speakers the prediction names; its
        own if there is none. The gold's own reading comes first.
        """
        names = tuple(name.readings for name in self.readings(predicted, gold))
        right = (choice for choice in self._choices(gold) if _agree(choice, names))
        return next(right, self.gold[gold])


def mentions_of(corpus: Corpus) -> list[Mentions]:
    """The mentions of each gold document, made once."""
    return corpus.once("mentions", lambda: [Mentions(gold.entities) for gold in corpus.golds])


def _agree(gold: frozenset[str], names: Readings) -> bool:
    """Whether each name can be one of the gold's speakers, and all of these are named."""
    if not all(name & gold for name in names):
        return False
    choices = [sorted(name & gold) for name in set(names)]
    if len(gold) <= 1 or not choices:
        return len(gold) == len(choices[:1])
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    keys = sorted(gold)
    rows = [[key in choice for key in keys] for choice in choices]
    partner = maximum_bipartite_matching(csr_array(np.array(rows, dtype=np.int8)), "row")
    return bool((partner >= 0).all())
