"""Measures of dates (TempEval-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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
        """See :meth:`SpanMeasure.sides`; vague golds are set aside, or stand alone.

        One alignment decides which predictions go with the vague golds, so that all measures of
        dates have the same denominators: overlapping spans, preferring golds that are not vague,
        then the same span, value and type.
        """
        gold, predicted = (
            corpus.spans(self.records, side, (*fields, "vague"), self.label_field)
            for side in (True, False)
        )
        everything = SpanSides(gold, predicted)
        if values[VAGUE.name] == "include":
            return everything
        vague = gold.fields["vague"] == corpus.codes[True]
        plain = (~vague[everything.pairs.gold]).astype(np.int64)
        aligned = everything.align(
            corpus,
            FULL * everything.pairs.ones,
            [plain, *tie_columns(everything, self.ties)],
            label_field=self.label_field,
            wrong_pairs=False,
        )
        with_vague = np.zeros(len(predicted), dtype=np.bool_)
        with_vague[aligned.pair_predicted] = vague[aligned.pair_gold]
        wanted = values[VAGUE.name] == "only"
        return SpanSides(
            gold.take(np.flatnonzero(vague == wanted)),
            predicted.take(np.flatnonzero(with_vague == wanted)),
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
        matches="overlapping span, same type",
        source="TempEval-3, type F1",
        span="overlap",
        given=("type",),
    ),
    DateMeasure(
        name="value",
        matches="overlapping span, same value",
        source="TempEval-3, value F1",
        span="overlap",
        given=("value",),
        headline=True,
    ),
)
