"""Measures of dates (TempEval-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scoring.alignment import FULL
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import Parameter
from vinewsie.scoring.spans import SpanMeasure, SpanSides, tie_columns

VAGUE = Parameter(
    "vague",
    ("exclude", "only", "include"),
    "vague golds and the predictions aligned with them: set aside, alone, or with the others",
)


@dataclass(frozen=True, kw_only=True)
class DateMeasure(SpanMeasure):
    """A measure of time expressions."""

    records = "dates"
    label_field = "type"
    ties = ("value", "type")

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """Vague."""
        return (VAGUE,)

    def sides(self, corpus: Corpus, values: Mapping[str, str], fields: Sequence[str]) -> SpanSides:
        """See :meth:`SpanMeasure.sides`; vague golds are set aside, or stand alone. Golds without
        a field that must be given are set aside, with the predictions that go with them.

        One alignment decides which predictions go with the vague golds, so that all measures of
        dates have the same denominators, but for the golds without a value or type.
        """
        gold, predicted = (
            corpus.spans(self.records, side, (*fields, "vague"), self.label_field)
            for side in (True, False)
        )
        sides = SpanSides(gold, predicted)
        if values[VAGUE.name] != "include":
            vague = gold.fields["vague"] == corpus.codes[True]
            apart = self._apart(corpus, sides, vague)
            sides = _taken(sides, *(side == (values[VAGUE.name] == "only") for side in apart))
        total = len(sides.gold), len(sides.predicted)
        for name in self.given:
            missing = sides.gold.fields[name] == corpus.codes[None]
            sides = _taken(sides, *(~side for side in self._apart(corpus, sides, missing)))
        return replace(
            sides, set_aside=(total[0] - len(sides.gold), total[1] - len(sides.predicted))
        )

    def _apart(self, corpus: Corpus, sides: SpanSides, gold: Mask) -> tuple[Mask, Mask]:
        """Golds to set apart and the predictions that go with them: overlapping spans, preferring
        the other golds, then the same span, value and type.

        Args:
            corpus: gold and predictions.
            sides: the spans.
            gold: (n_gold,) bool, the golds to set apart.
        """
        predicted = np.zeros(len(sides.predicted), dtype=np.bool_)
        if gold.any():
            others: Ints = (~gold[sides.pairs.gold]).astype(np.int64)
            aligned = sides.align(
                corpus,
                FULL * sides.pairs.ones,
                [others, *tie_columns(sides, self.ties)],
                label_field=self.label_field,
                wrong_pairs=False,
            )
            predicted[aligned.pair_predicted] = gold[aligned.pair_gold]
        return gold, predicted


def _taken(sides: SpanSides, gold: Mask, predicted: Mask) -> SpanSides:
    """The spans of these masks."""
    return SpanSides(
        sides.gold.take(np.flatnonzero(gold)), sides.predicted.take(np.flatnonzero(predicted))
    )


MEASURES = (
    DateMeasure(
        name="strict",
        matches="same span",
        source="TempEval-3, strict match",
        span="same",
        headline=True,
    ),
    DateMeasure(
        name="relaxed",
        matches="overlapping span",
        source="TempEval-3, relaxed match",
        span="overlap",
    ),
    DateMeasure(
        name="type",
        matches="overlapping span, same type; golds without a type are set aside",
        source="TempEval-3, type F1",
        span="overlap",
        given=("type",),
    ),
    DateMeasure(
        name="value",
        matches="overlapping span, same value; golds without a value are set aside",
        source="TempEval-3, value F1",
        span="overlap",
        given=("value",),
        headline=True,
    ),
)
