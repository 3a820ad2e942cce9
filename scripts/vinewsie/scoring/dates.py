"""Measures of dates (TempEval-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.definitions import CONTESTED, Parameter
from vinewsie.scoring.spans import SpanMeasure, SpanSides

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
        """Vague and contested golds."""
        return (VAGUE, CONTESTED)

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
            apart = self.apart(corpus, sides, vague)
            sides = sides.only(*(side == (values[VAGUE.name] == "only") for side in apart))
        total = len(sides.gold), len(sides.predicted)
        for name in self.given:
            missing = sides.gold.fields[name] == corpus.codes[None]
            sides = sides.only(*(~side for side in self.apart(corpus, sides, missing)))
        return replace(
            sides, set_aside=(total[0] - len(sides.gold), total[1] - len(sides.predicted))
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
