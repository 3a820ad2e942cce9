"""Measures of quotations: content, quotation marks, kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vinewsie.model import Mark, Prediction, Span
from vinewsie.packed import Ints
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.alignment import FULL, Aligned, Answers, label_names
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.contents import Contents, sharing
from vinewsie.scoring.definitions import CONTESTED, MeasureDefinition, Parameter, any_true
from vinewsie.scoring.quotations import (
    RELAXED,
    Quotations,
    QuoteMeasure,
    Verdicts,
    best_pairs,
    syllables_of,
)


def same_kind(talk: Quotations, gold: Ints, predicted: Ints, strict: bool) -> Verdicts:
    """Whether aligned pairs have the same kind."""
    same = talk.gold.codes["kind"][gold] == talk.predicted.codes["kind"][predicted]
    if talk.lenient:
        for pair in np.flatnonzero(~same).tolist():
            kinds = {reading.kind for reading in talk.gold.quotes[int(gold[pair])].readings}
            same[pair] = talk.predicted.quotes[int(predicted[pair])].kind in kinds - {None}
    return same, np.ones(len(gold), dtype=np.bool_)


@dataclass(frozen=True, kw_only=True)
class MarkMeasure(MeasureDefinition):
    """A measure of quotation marks of one function against the words that a prediction presents as
    quoted (see :class:`Claims`).

    Args:
        function: the function of the gold marks.
        minimum: the least intersection over union of syllables of an aligned pair.
    """

    function: str
    minimum: Fraction = RELAXED

    records = "marks"
    label_field = "function"
    predicted_as_records = False

    @property
    def offered_by(self) -> tuple[str, ...]:
        """See :attr:`MeasureDefinition.offered_by`: marks, or direct quotations."""
        return ("marks", "quotes")

    def annotated(self, corpus: Corpus) -> bool | None:
        """Whether the gold has marks; None where it has no quotations either."""
        return any_true(d.marks for d in corpus.golds if d.marks or d.quotes)

    def labels(self, values: Mapping[str, str], own: LabelMap | None) -> frozenset[str] | None:
        """The one function that is measured."""
        return frozenset({self.function})

    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """See :meth:`MeasureDefinition.align`; maximises the pairs, then the sum of syllable F."""
        contested = values[CONTESTED.name]
        gold, marks = marks_of(corpus, self.function, readings=contested != "count")
        claims = Claims.of(corpus)
        starts = (span.start for span in claims.span)
        rows = zip(claims.doc, starts, claims.place, strict=True)
        pairs = best_pairs(sharing(gold, claims.contents, self.minimum))
        found = Aligned(
            self._answers(corpus, [(doc, mark.start, index) for doc, index, mark in marks]),
            self._answers(corpus, rows),
            pairs.gold,
            pairs.predicted,
            np.full(len(pairs.gold), FULL, dtype=np.int64),
            label_names(corpus),
        )
        if contested == "count":
            return found
        # Without the contested ones and what goes with them; or without those that are not found.
        out = np.array([mark.contested for _, _, mark in marks], dtype=np.bool_)
        theirs = np.zeros(len(claims.doc), dtype=np.bool_)
        if contested == "skip":
            theirs[pairs.predicted[out[pairs.gold]]] = True
        else:
            out[pairs.gold] = False
        return found.restricted(~out, ~theirs)

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """Contested golds."""
        return (CONTESTED,)

    def _answers(self, corpus: Corpus, rows: Iterable[tuple[int, int, int]]) -> Answers:
        """Answers from rows of document, start in the document, and record."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
        doc = table[:, 0]
        label = np.full(len(table), corpus.codes[self.function], dtype=np.int64)
        unit = corpus.units.at(corpus.bases[doc] + table[:, 1], doc)
        return Answers(label, unit, doc, table[:, 2])


def marks_of(
    corpus: Corpus, function: str, *, readings: bool = False
) -> tuple[Contents, list[tuple[int, int, Mark]]]:
    """The gold marks of a function: their contents, and each with its document and place.

    Args:
        corpus: gold and predictions.
        function: the function.
        readings: whether marks that have the function in another reading are among them.
    """
    marks = [
        (doc, index, mark)
        for doc, gold in enumerate(corpus.golds)
        for index, mark in enumerate(gold.marks)
        if mark.function == function
        or (readings and any(reading.function == function for reading in mark.readings))
    ]
    # In reading order, so that the order of the records decides between no alignments.
    marks.sort(key=lambda row: (row[0], row[2].start, row[2].end))
    rows = (
        (number, doc, [span])
        for number, (doc, _, mark) in enumerate(marks)
        for span in (Span(start=mark.start, end=mark.end), *mark.alternates)
    )
    return Contents.of(syllables_of(corpus), corpus.bases, rows), marks


@dataclass(frozen=True)
class Claims:
    """The words that predictions present as quoted: their speech marks, and the spans of their
    direct quotations that have the words of no such mark or span before them.

    Args:
        contents: their syllables.
        doc: the document of each.
        span: the span of each in its document.
        place: the number of each in its document.
    """

    contents: Contents
    doc: list[int]
    span: list[Span]
    place: list[int]

    @classmethod
    def of(cls, corpus: Corpus) -> Claims:
        """The claims of a corpus, made once."""
        return corpus.once("claims", lambda: cls._made(corpus))

    @classmethod
    def _made(cls, corpus: Corpus) -> Claims:
        spans = [
            (doc, span, known)
            for doc, prediction in enumerate(corpus.predictions)
            for span, known in _quoted(prediction)
        ]
        syllables = syllables_of(corpus)
        every = Contents.of(
            syllables, corpus.bases, ((i, doc, [s]) for i, (doc, s, _) in enumerate(spans))
        )
        seen = set()
        kept = []
        for number, ((doc, _, is_mark), key) in enumerate(zip(spans, every.key, strict=True)):
            if is_mark or (doc, key) not in seen:
                kept.append(number)
            seen.add((doc, key))
        # In reading order, so that the order of the records decides between no alignments.
        kept.sort(key=lambda number: (spans[number][0], spans[number][1]))
        docs = [spans[number][0] for number in kept]
        first: dict[int, int] = {}
        for row, doc in enumerate(docs):
            first.setdefault(doc, row)
        contents = Contents.of(
            syllables,
            corpus.bases,
            ((row, spans[number][0], [spans[number][1]]) for row, number in enumerate(kept)),
        )
        return cls(
            contents,
            docs,
            [spans[number][1] for number in kept],
            [row - first[doc] for row, doc in enumerate(docs)],
        )


def _quoted(prediction: Prediction) -> Iterator[tuple[Span, bool]]:
    """The spans that a prediction presents as quoted, and whether each is a mark."""
    for mark in prediction.marks:
        if mark.function == "speech":
            yield Span(start=mark.start, end=mark.end), True
    for quote in prediction.quotes:
        if quote.kind == "direct":
            yield from ((span, False) for span in quote.content)


_SOURCE = (
    "syllable overlap after Citron (Newell et al. 2018) and GenderGapTracker (Asr et al. 2021), "
    "one-to-one and symmetric"
)

MEASURES = (
    QuoteMeasure(
        name="strict",
        matches="the same syllables",
        source=_SOURCE,
        minimum=Fraction(1),
    ),
    QuoteMeasure(
        name="relaxed",
        matches="syllable intersection over union of at least 0.5",
        source=_SOURCE,
        headline=True,
    ),
    QuoteMeasure(
        name="token",
        matches="syllables of aligned quotations that both have, of those of all quotations",
        source=_SOURCE,
        unit="syllable",
    ),
    MarkMeasure(
        name="marked",
        matches=(
            "speech in quotation marks against predicted speech marks and direct quotations, "
            "as relaxed"
        ),
        source=_SOURCE,
        function="speech",
    ),
    QuoteMeasure(
        name="kind",
        matches="aligned quotations of the same kind",
        source=_SOURCE,
        agree=same_kind,
        compares=("kind",),
        over="aligned",
        kind="accuracy",
    ),
)
