"""Quotations as columns, and the alignment that measures of quotations and attribution share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np

from vinewsie.model import Document, Prediction, Quote, Span
from vinewsie.packed import Codes, Ints, Mask
from vinewsie.scheme.quotes import enclosing
from vinewsie.scoring.align import Graph
from vinewsie.scoring.alignment import FULL, WRONG, Aligned, Answers, label_names
from vinewsie.scoring.columns import NO_LABEL, Corpus, after_records
from vinewsie.scoring.contents import Contents, Sharing, Syllables, equal_pairs, sharing
from vinewsie.scoring.definitions import CONTESTED, MeasureDefinition, Parameter
from vinewsie.scoring.quote_speakers import QuoteSpeakers
from vinewsie.text import SYLLABLE

RELAXED = Fraction(1, 2)
"""The least intersection over union of syllables of two contents that are aligned, relaxed."""

VIEW = Parameter(
    "view",
    ("full", "leaf", "marked"),
    "full: all quotations; leaf: only those that enclose no other; marked: only those with "
    "quotation marks (kind direct or mixed)",
)
SPEAKERS = Parameter(
    "speakers",
    ("resolved", "strict"),
    "resolved: names, titles and the gold's source phrase stand for speakers; strict: only ids and "
    "names of the registry that one entity of the page bears",
)
ON = Parameter(
    "on", ("all", "aligned"), "all: the syllables of all quotations; aligned: of aligned ones alone"
)

_EXACT = 2**40
"""Sums of syllable F are exact where the least common multiple of their denominators is below."""
_ROUNDED = math.lcm(*range(1, 13))
"""Elsewhere, in components of more than ``_LARGE`` pairs, F is a multiple of its inverse."""
_LARGE = 400


@dataclass(frozen=True)
class QuoteColumns:
    """The quotations of one side, document after document.

    Args:
        quotes: the records.
        doc: (n_quotes,) int64, documents.
        record: (n_quotes,) int64, the place of each record in its document.
        parent: (n_quotes,) int64, the quotation that encloses each one, -1 for none.
        codes: (n_quotes,) int64 each, codes of kind, source and cue.
        contents: the syllables.
        hull: (n_quotes,) int64 each, the first code point of all contents, and that behind the
            last.
        optional: (n_quotes,) bool, golds that another reading does not have.
        answers: the answers of each label field: quotations, and surfaces without a place.
        answer: (n_quotes,) int64, the answer that is each quotation.
        lost: (n_lost,) int64, the answers without a place.
        lost_sizes: (n_lost,) int64, their syllables.
    """

    quotes: list[Quote]
    doc: Ints
    record: Ints
    parent: Ints
    codes: Mapping[str, Ints]
    contents: Contents
    hull: tuple[Ints, Ints]
    optional: Mask
    answers: Mapping[str, Answers]
    answer: Ints
    lost: Ints
    lost_sizes: Ints

    def __len__(self) -> int:
        return len(self.quotes)

    @cached_property
    def level(self) -> Ints:
        """(n_quotes,) int64, how many quotations enclose each one."""
        parents = self.parent.tolist()
        levels = [-1] * len(parents)
        for quote in range(len(parents)):
            path = []
            while quote >= 0 and levels[quote] < 0:
                path.append(quote)
                quote = parents[quote]
            above = levels[quote] if quote >= 0 else -1
            for number, inner in enumerate(reversed(path), start=1):
                levels[inner] = above + number
        return np.array(levels, dtype=np.int64)

    @cached_property
    def innermost(self) -> Mask:
        """(n_quotes,) bool, which quotations enclose no other."""
        inner = np.ones(len(self), dtype=np.bool_)
        inner[self.parent[self.parent >= 0]] = False
        return inner

    @cached_property
    def place(self) -> Ints:
        """(n_quotes,) int64, the place of each quotation in an order that does not depend on that
        of the records of a document.
        """

        def key(number: int) -> tuple[object, ...]:
            quote, parent = self.quotes[number], int(self.parent[number])
            outer = self.quotes[parent] if parent >= 0 else None
            # No speakers are not the same as none given, for which the source stands.
            said = [
                (q.speakers is None, *sorted(q.speakers or ()))
                for q in (quote, outer)
                if q is not None
            ]
            source = [span for span in (quote.source,) if span is not None]
            return (
                docs[number],
                quote.content,
                quote.kind or "",
                quote.source_status or "",
                said,
                source,
                quote.cue,
                quote.alternates,
                outer.content if outer is not None else (),
            )

        docs = self.doc.tolist()
        places = np.empty(len(self), dtype=np.int64)
        places[sorted(range(len(self)), key=key)] = np.arange(len(self))
        return places

    def chain(self, quote: int) -> list[int]:
        """The quotations that enclose one, the innermost first."""
        chain = []
        while (quote := int(self.parent[quote])) >= 0:
            chain.append(quote)
        return chain


@dataclass
class Quotations:
    """The quotations of a corpus with everything that their alignment needs.

    Args:
        corpus: gold and predictions.
        gold: the gold side.
        predicted: the predicted side.
        syllables: the syllables of the texts.
        lenient: whether any reading of a contested gold quotation is right. Each field may follow
            another reading.
    """

    corpus: Corpus
    gold: QuoteColumns
    predicted: QuoteColumns
    syllables: Syllables
    lenient: bool

    @classmethod
    def of(cls, corpus: Corpus, *, lenient: bool = False) -> Quotations:
        """The quotations of a corpus, made once.

        Args:
            corpus: gold and predictions.
            lenient: whether any reading of a contested gold quotation is right.
        """

        def make() -> Quotations:
            syllables = syllables_of(corpus)
            gold = _columns(corpus, syllables, True, lenient=lenient)
            predicted = corpus.once(
                "predicted quotations", lambda: _columns(corpus, syllables, False, lenient=False)
            )
            return cls(corpus, gold, predicted, syllables, lenient)

        return corpus.once(("quotations", lenient), make)

    def speakers(self, strict: bool = False) -> QuoteSpeakers:
        """Who speaks, and whether two quotations have the same speakers."""

        def make() -> QuoteSpeakers:
            return QuoteSpeakers(
                self.corpus,
                self.syllables,
                (self.gold.quotes, self.gold.doc),
                (self.predicted.quotes, self.predicted.doc),
                strict=strict,
                lenient=self.lenient,
            )

        return self.corpus.once(("speakers", strict, self.lenient), make)

    def pairs(self, minimum: Fraction = RELAXED, *, strict: bool = False) -> Sharing:
        """The aligned pairs, by gold quotation.

        A pair is admissible if the syllables of the predicted content and of the gold content, or
        one of its alternates, have an intersection over union of at least ``minimum``. The
        alignment maximises, in this order, the number of pairs, the sum of syllable F, the pairs
        with the same speakers, the pairs on the same level of their chains; then those of the same
        kind, source and cue.

        Args:
            minimum: the least intersection over union, at least :data:`RELAXED`.
            strict: whether speakers are compared strictly.
        """

        def make() -> Sharing:
            certain, others = self._certain(strict)
            admissible = others if minimum == RELAXED else others.at_least(minimum)
            return certain.with_pairs(admissible.take(self._chosen(admissible, strict)))

        return self.corpus.once(("quotes", minimum, strict, self.lenient), make)

    def _preferences(self, gold: Ints, predicted: Ints, strict: bool) -> list[Mask]:
        """The ranks of pairs after syllable F, the most important first, (n_pairs,) bool each."""
        return [
            self.speakers(strict).same(gold, predicted),
            self.gold.level[gold] == self.predicted.level[predicted],
            *(
                self.gold.codes[name][gold] == self.predicted.codes[name][predicted]
                for name in ("kind", "source", "cue")
            ),
        ]

    def _chosen(self, pairs: Sharing, strict: bool) -> Ints:
        """The indices of the pairs of the best alignment."""
        graph = Graph.of(self.gold.place[pairs.gold], self.predicted.place[pairs.predicted])
        ranks: list[Any] = [np.ones(len(pairs.gold), dtype=np.int64), _scores(pairs, graph)]
        asked = np.flatnonzero(~graph.alone)
        for same in self._preferences(pairs.gold[asked], pairs.predicted[asked], strict):
            column = np.zeros(len(pairs.gold), dtype=np.int64)
            column[asked] = same
            ranks.append(column)
        return graph.solve(ranks)

    def _certain(self, strict: bool) -> tuple[Sharing, Sharing]:
        """The pairs that are aligned without a solver, and the pairs that may be aligned elsewhere.

        A pair is perfect if no other can have a higher rank: equal syllables, and all preferences.
        If the perfect pairs of a stretch of text exclude each other nowhere and take all quotations
        of a side, they are its one best alignment. Nested contents have millions of pairs,
        which need not be made then.
        """

        def make() -> tuple[Sharing, Sharing]:
            gold, predicted = self.gold.contents, self.predicted.contents
            golds, others, several = equal_pairs(gold, predicted)
            g, p = gold.answer[golds], predicted.answer[others]
            perfect = np.all(self._preferences(g, p, strict), axis=0)
            g, p, size = g[perfect], p[perfect], gold.size[golds[perfect]]
            stretches = _stretches(self.gold, self.predicted)
            count = 1 + max((int(side.max()) for side in stretches if len(side)), default=-1)
            counts = [np.bincount(side, minlength=count) for side in stretches]
            taken = np.bincount(stretches[0][g], minlength=count)
            single = (np.bincount(g)[g] == 1) & (np.bincount(p)[p] == 1)
            solved = taken == np.minimum(*counts)
            solved[stretches[0][gold.answer[several]]] = False
            solved[stretches[0][g[~single]]] = False
            kept = np.flatnonzero(solved[stretches[0][g]])
            g, p, size = g[kept], p[kept], size[kept]
            rest = sharing(
                gold.of_answers(~solved[stretches[0]]),
                predicted.of_answers(~solved[stretches[1]]),
                RELAXED,
            )
            return Sharing(g, p, size, size, size), rest

        return self.corpus.once(("certain", strict, self.lenient), make)


def _stretches(gold: QuoteColumns, predicted: QuoteColumns) -> tuple[Ints, Ints]:
    """(n_quotes,) int64 of both sides, numbers of stretches of text: no content of one overlaps a
    content of another.
    """
    start, end = (np.concatenate([gold.hull[n], predicted.hull[n]]) for n in range(2))
    order = np.argsort(start, kind="stable")
    before = np.maximum.accumulate(end[order])[:-1]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(np.concatenate([[False], start[order][1:] >= before]))[: len(order)]
    return number[: len(gold)], number[len(gold) :]


def best_pairs(pairs: Sharing) -> Sharing:
    """The one-to-one alignment with the most pairs, then the greatest sum of syllable F."""
    graph = Graph.of(pairs.gold, pairs.predicted)
    ones = np.ones(len(pairs.gold), dtype=np.int64)
    return pairs.take(graph.solve([ones, _scores(pairs, graph)]))


def _scores(pairs: Sharing, graph: Graph) -> Any:
    """(n_pairs,) integers that compare as syllable F does within each component of several pairs;
    0 for all other pairs.
    """
    scores: Any = np.zeros(len(pairs.gold), dtype=np.int64)
    sizes = pairs.gold_size + pairs.predicted_size
    for index in graph.components():
        twice, total = 2 * pairs.shared[index], sizes[index]
        scale = math.lcm(*np.unique(total).tolist())
        if scale < _EXACT:
            scores[index] = twice * (scale // total)
        elif len(index) > _LARGE:
            scores[index] = (2 * twice * _ROUNDED + total) // (2 * total)
        else:
            scores = scores.astype(np.object_)
            scores[index] = [
                a * (scale // b) for a, b in zip(twice.tolist(), total.tolist(), strict=True)
            ]
    return scores


def syllables_of(corpus: Corpus) -> Syllables:
    """The syllables of a corpus's texts, made once."""
    return corpus.once("syllables", lambda: Syllables([gold.text for gold in corpus.golds]))


def _contents_of(quote: Quote, *, gold: bool, lenient: bool) -> Iterator[Sequence[Span]]:
    """The contents that are right for a quotation, its own first."""
    yield quote.content
    if gold:
        yield from quote.alternates
    if lenient:
        yield from (reading.content for reading in quote.readings if reading.content is not None)


def _columns(corpus: Corpus, syllables: Syllables, gold: bool, *, lenient: bool) -> QuoteColumns:
    """The columns of a side.

    Args:
        corpus: gold and predictions.
        syllables: the syllables of the texts.
        gold: which side.
        lenient: whether the contents of all readings are right.
    """
    holders: Sequence[Document | Prediction] = corpus.golds if gold else corpus.predictions
    quotes: list[Quote] = []
    parents: list[int] = []
    sizes = []
    for holder in holders:
        parents += (
            parent if parent < 0 else parent + len(quotes) for parent in enclosing(holder.quotes)
        )
        quotes += holder.quotes
        sizes.append(len(holder.quotes))
    counts = np.array(sizes, dtype=np.int64)
    doc = np.repeat(np.arange(len(holders)), counts)
    record = np.arange(len(quotes)) - np.repeat(np.cumsum(counts) - counts, counts)
    docs = doc.tolist()
    every = [list(_contents_of(quote, gold=gold, lenient=lenient)) for quote in quotes]
    contents = Contents.of(
        syllables,
        corpus.bases,
        ((number, docs[number], content) for number, own in enumerate(every) for content in own),
    )
    first = [min(span.start for content in own for span in content) for own in every]
    last = [max(span.end for content in own for span in content) for own in every]
    base = corpus.bases[doc]
    lost = [
        (number, unplaced)
        for number, holder in enumerate(holders)
        if isinstance(holder, Prediction)
        for unplaced in holder.unplaced
        if unplaced.layer == "quotes"
    ]
    lost_doc = np.array([number for number, _ in lost], dtype=np.int64)
    # Surfaces without a place stand after each document's own quotations.
    order = np.argsort(np.concatenate([2 * doc, 2 * lost_doc + 1]), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    starts = np.array([min(s.start for s in quote.content) for quote in quotes], dtype=np.int64)
    unit = np.concatenate(
        [corpus.units.at(starts + corpus.bases[doc], doc), corpus.units.first[lost_doc]]
    )
    records = np.concatenate([record, after_records(doc, lost_doc, len(holders))])
    answers = {}
    for name in ("kind", "source_status"):
        labels = [getattr(quote, name) or NO_LABEL for quote in quotes] + [NO_LABEL] * len(lost)
        code = corpus.codes.of(iter(labels), len(labels))
        answers[name] = Answers(
            code[order], unit[order], np.concatenate([doc, lost_doc])[order], records[order]
        )
    # Apart from the labels' codes: each source and cue has one.
    values = corpus.once("values of quotations", Codes)
    codes = {
        name: values.of(((name, getattr(q, name)) for q in quotes), len(quotes))
        for name in ("kind", "source", "cue")
    }
    return QuoteColumns(
        quotes,
        doc,
        record,
        np.array(parents, dtype=np.int64),
        codes,
        contents,
        (np.array(first, np.int64) + base, np.array(last, np.int64) + base),
        np.array([quote.optional for quote in quotes], dtype=np.bool_),
        answers,
        place[: len(quotes)],
        place[len(quotes) :],
        np.array([len(SYLLABLE.findall(u.text or "")) or 1 for _, u in lost], dtype=np.int64),
    )


Verdicts = tuple[Mask, Mask]
"""For aligned pairs, (n_pairs,) bool each: which agree, and which are to be judged at all."""
Agree = Callable[[Quotations, Ints, Ints, bool], Verdicts]
"""The verdicts on aligned pairs (gold quotations, predicted quotations), with strict speakers or
not.
"""


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
    def about_speakers(self) -> bool:
        """Whether the condition is about speakers."""
        return "speakers" in self.compares

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """The view, unless the measure is about the innermost quotations; how speakers are
        compared, where they are; the quotations that a measure of syllables counts; contested
        golds.
        """
        return (
            *(() if self.over == "innermost" else (VIEW,)),
            *((SPEAKERS,) if self.about_speakers else ()),
            *((ON,) if self.unit == "syllable" else ()),
            CONTESTED,
        )

    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """See :meth:`MeasureDefinition.align`."""
        contested = values[CONTESTED.name]
        talk = Quotations.of(corpus, lenient=contested != "count")
        strict = values.get(SPEAKERS.name) == "strict"
        pairs = talk.pairs(self.minimum, strict=strict)
        agrees, judged = np.ones((2, len(pairs.gold)), dtype=np.bool_)
        if self.agree is not None:
            agrees, judged = self.agree(talk, pairs.gold, pairs.predicted, strict)
        found = Aligned(
            talk.gold.answers[self.label_field],
            talk.predicted.answers[self.label_field],
            talk.gold.answer[pairs.gold],
            talk.predicted.answer[pairs.predicted],
            np.where(agrees, FULL, WRONG),
            label_names(corpus),
        )
        if self.unit == "syllable":
            found = _in_syllables(found, talk, pairs)
        view = "leaf" if self.over == "innermost" else values[VIEW.name]
        shown = _shown(talk, view)
        sides = (talk.gold, talk.predicted)
        for mask, side, counted in zip(
            shown, sides, counted_quotes(talk, pairs, contested), strict=True
        ):
            mask[side.answer[~counted]] = False
        if self.over == "innermost":
            return _each_gold(found.restricted(*shown))
        if self.over == "aligned" or values.get(ON.name) == "aligned":
            # A pair that is not judged counts on neither side.
            kept = judged & shown[0][found.pair_gold]
            index = np.flatnonzero(kept)
            return found.only(index, found.credit[index])
        index = np.flatnonzero(agrees)
        return found.with_pairs(index).restricted(*shown)


def _each_gold(leaves: Aligned) -> Aligned:
    """Each gold answer compared once: right if it has a prediction and the pair agrees."""
    credit = np.full(len(leaves.gold), WRONG, dtype=np.int64)
    credit[leaves.pair_gold[leaves.credit == FULL]] = FULL
    each = np.arange(len(leaves.gold))
    # Each gold answer is its own counterpart, so that an accuracy has equal sides.
    return replace(
        leaves, predicted=leaves.gold, pair_gold=each, pair_predicted=each, credit=credit
    )


def _shown(talk: Quotations, view: str) -> tuple[Mask, Mask]:
    """The answers of both sides that a view shows; every view shows surfaces without a place."""

    def shown(side: QuoteColumns) -> Mask:
        mask = np.ones(len(side.quotes) + len(side.lost), dtype=np.bool_)
        if view == "leaf":
            mask[side.answer] = side.innermost
        elif view == "marked":
            mask[side.answer] = [quote.kind in ("direct", "mixed") for quote in side.quotes]
        return mask

    return shown(talk.gold), shown(talk.predicted)


def counted_quotes(talk: Quotations, pairs: Sharing, contested: str) -> tuple[Mask, Mask]:
    """The quotations that count, (n_gold,) and (n_predicted,) bool: with ``skip`` all but the
    contested golds and the predictions that are aligned with them; with ``lenient`` all but the
    golds that another reading does not have and nothing is aligned with.

    Args:
        talk: the quotations.
        pairs: the aligned pairs.
        contested: the value of the parameter.
    """
    gold: Mask = np.ones(len(talk.gold), dtype=np.bool_)
    predicted: Mask = np.ones(len(talk.predicted), dtype=np.bool_)
    if contested == "skip":
        gold = np.array([not quote.contested for quote in talk.gold.quotes], dtype=np.bool_)
        predicted[pairs.predicted[~gold[pairs.gold]]] = False
    elif contested == "lenient":
        gold = ~talk.gold.optional
        gold[pairs.gold] = True
    return gold, predicted


def _in_syllables(aligned: Aligned, talk: Quotations, pairs: Sharing) -> Aligned:
    """The answers weighted by their syllables, the pairs by the syllables that both sides have. An
    aligned gold answer has those of the content that fits best.
    """
    weights = []
    for side in (talk.gold, talk.predicted):
        weight = np.zeros(len(side.quotes) + len(side.lost), dtype=np.int64)
        weight[side.answer] = side.contents.size[side.contents.first]
        weight[side.lost] = side.lost_sizes
        weights.append(weight)
    weights[0][aligned.pair_gold] = pairs.gold_size
    return replace(
        aligned,
        gold=replace(aligned.gold, weight=weights[0]),
        predicted=replace(aligned.predicted, weight=weights[1]),
        weight=pairs.shared,
    )
