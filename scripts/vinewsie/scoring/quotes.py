"""Measures of quotations: content, quotation marks, kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vinewsie.model import Prediction, Span
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring import align
from vinewsie.scoring.alignment import FULL, Aligned, Answers, label_names
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import MeasureDefinition, any_true
from vinewsie.scoring.quotations import RELAXED, Conversation, QuoteMeasure, Words, best_score
from vinewsie.text import syllables


def same_kind(talk: Conversation, g: int, p: int) -> bool:
    """Whether an aligned pair has the same kind."""
    return talk.gold.quotes[g].kind == talk.predicted.quotes[p].kind


@dataclass(frozen=True, kw_only=True)
class MarkMeasure(MeasureDefinition):
    """A measure of quotation marks of one function against the words that a prediction presents as
    quoted (see :func:`quoted_words`).

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
        gold_rows: list[tuple[int, int, int]] = []
        predicted_rows: list[tuple[int, int, int]] = []
        pairs: list[align.Edge] = []
        for doc, (gold, prediction) in enumerate(
            zip(corpus.golds, corpus.predictions, strict=True)
        ):
            # In reading order, so that the order of the records decides between no alignments.
            marks = [(i, m) for i, m in enumerate(gold.marks) if m.function == self.function]
            marks.sort(key=lambda numbered: (numbered[1].start, numbered[1].end))
            claims = quoted_words(gold.text, prediction)
            claims.sort(key=lambda claim: (claim[0], sorted(claim[1])))
            edges: dict[align.Edge, align.Rank] = {}
            for g, (_, mark) in enumerate(marks):
                spans = (Span(start=mark.start, end=mark.end), *mark.alternates)
                options = [syllables(gold.text, [span]) for span in spans]
                for p, (_, words) in enumerate(claims):
                    score = best_score(options, words, self.minimum)
                    if score is not None:
                        edges[g, p] = (1, score)
            first_gold, first_predicted = len(gold_rows), len(predicted_rows)
            pairs += [(first_gold + g, first_predicted + p) for g, p in align.align(edges)]
            base = int(corpus.bases[doc])
            gold_rows += [(base + mark.start, doc, index) for index, mark in marks]
            predicted_rows += [
                (base + start, doc, index) for index, (start, _) in enumerate(claims)
            ]
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return Aligned(
            self._answers(corpus, gold_rows),
            self._answers(corpus, predicted_rows),
            table[:, 0],
            table[:, 1],
            np.full(len(table), FULL, dtype=np.int64),
            label_names(corpus),
        )

    def _answers(self, corpus: Corpus, rows: Sequence[tuple[int, int, int]]) -> Answers:
        """Answers from rows of global offset, document and record."""
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        label = np.full(len(table), corpus.codes[self.function], dtype=np.int64)
        unit = corpus.units.at(table[:, 0], table[:, 1])
        return Answers(label, unit, table[:, 1], table[:, 2])


def quoted_words(text: str, prediction: Prediction) -> list[tuple[int, Words]]:
    """The words that a prediction presents as quoted, each with its start in code points.

    They are its speech marks, and the spans of its direct quotations that no such mark repeats.
    """
    spans = [Span(start=m.start, end=m.end) for m in prediction.marks if m.function == "speech"]
    claims = [(span.start, syllables(text, [span])) for span in spans]
    known = {words for _, words in claims}
    for quote in prediction.quotes:
        if quote.kind == "direct":
            for span in quote.content:
                words = syllables(text, [span])
                if words not in known:
                    known.add(words)
                    claims.append((span.start, words))
    return claims


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
        matches="syllables of aligned quotations that both have",
        source=_SOURCE,
        over="aligned",
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
