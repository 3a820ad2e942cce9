"""Measures of entities (SemEval-2013 task 9.1, TAC KBP)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from vinewsie.packed import Ints
from vinewsie.scheme.inventories import SCHEMES, LabelMap, labels_of, renaming
from vinewsie.scoring.columns import Corpus, Spans
from vinewsie.scoring.definitions import CONTESTED, Parameter
from vinewsie.scoring.spans import SpanMeasure, SpanSides

SCHEME = Parameter(
    "scheme",
    ("native", *SCHEMES, "any"),
    "the label inventory of both sides; any takes the labels of both sides as they are",
)
LEVELS = Parameter(
    "levels",
    ("all", "outermost"),
    "outermost: only mentions that lie inside no other mention of their side",
)
_DECIMALS = 6
"""Decimals of a share; products with lengths stay exact in int64."""


def _share(value: str) -> str:
    """A share above 0 and up to 1, without trailing zeros."""
    try:
        number = Decimal(value)
        if 0 < number <= 1 and number == round(number, _DECIMALS):
            return f"{number.normalize():f}"
    except InvalidOperation:
        pass
    raise ValueError(f"a number above 0 and up to 1, with at most {_DECIMALS} decimals")


OVERLAP = Parameter(
    "overlap",
    (),
    "the least share of a gold span that a prediction covers to belong to it; default: one code "
    "point (nervaluate's min_overlap_percentage, as a share)",
    canonical=_share,
)


@dataclass(frozen=True, kw_only=True)
class EntityMeasure(SpanMeasure):
    """A measure of mentions."""

    records = "entities"
    label_field = "type"
    mapped_labels = True
    ties = ("type",)

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """Scheme, levels and contested golds; the least overlap, where pairs without a match are
        counted.
        """
        return (SCHEME, LEVELS, CONTESTED, *((OVERLAP,) if self.semeval else ()))

    def labels(self, values: Mapping[str, str], own: LabelMap | None) -> frozenset[str] | None:
        """See :meth:`MeasureDefinition.labels`; with a label map, its labels are allowed, too."""
        labels = labels_of(values[SCHEME.name])
        return labels if labels is None or own is None else labels | own.names

    def sides(self, corpus: Corpus, values: Mapping[str, str], fields: Sequence[str]) -> SpanSides:
        """See :meth:`SpanMeasure.sides`; relabelled first, then filtered by levels. Answers of
        either side without a field that must be given are set aside.
        """
        renamed = renaming(values[SCHEME.name], corpus.label_map)
        sides, dropped, set_aside = [], [], []
        for gold in (True, False):
            spans = corpus.spans(self.records, gold, fields, self.label_field)
            total = len(spans)
            if renamed is not None:
                spans = _relabelled(corpus, spans, renamed)
            dropped.append(total - len(spans))
            spans = spans.take(_outermost(spans)) if values[LEVELS.name] == "outermost" else spans
            total = len(spans)
            for name in self.given:
                spans = spans.take(np.flatnonzero(spans.fields[name] != corpus.codes[None]))
            set_aside.append(total - len(spans))
            sides.append(spans)
        minimum = values.get(OVERLAP.name)
        return SpanSides(
            sides[0],
            sides[1],
            (dropped[0], dropped[1]),
            (set_aside[0], set_aside[1]),
            None if minimum is None else Fraction(minimum),
        )


def _relabelled(corpus: Corpus, spans: Spans, renamed: Callable[[str], str | None]) -> Spans:
    """The spans under other labels, without those whose label is dropped."""
    names = list(corpus.codes)
    target = np.full(len(names), -1, dtype=np.int64)
    for code in np.unique(spans.fields["type"]).tolist():
        # An answer without a label stays in every inventory.
        label = renamed(names[code]) if names[code] is not None else None
        if label is not None or names[code] is None:
            target[code] = corpus.codes[label]
    types = target[spans.fields["type"]]
    relabelled = replace(spans, fields={**spans.fields, "type": types})
    kept = np.flatnonzero(types >= 0)
    return relabelled.take(kept) if len(kept) < len(spans) else relabelled


def _outermost(spans: Spans) -> Ints:
    """The indices of the spans that lie inside no other span.

    Equal spans do not lie inside each other. Surfaces without a place stay.
    """
    order = np.lexsort((-spans.end, spans.start))
    start, end = spans.start[order], spans.end[order]
    new = (np.diff(start, prepend=-1) != 0) | (np.diff(end, prepend=-1) != 0)
    group, ends = np.cumsum(new) - 1, end[new]
    furthest = np.concatenate([np.array([-1]), np.maximum.accumulate(ends)])[:-1]
    return np.sort(order[(furthest < ends)[group] | spans.unplaced[order]])


_SEMEVAL = "SemEval-2013 task 9.1"

MEASURES = (
    EntityMeasure(
        name="strict",
        matches="same span, same type",
        source=f"{_SEMEVAL}, strict",
        span="same",
        equal=("type",),
        semeval=True,
        headline=True,
    ),
    EntityMeasure(
        name="exact",
        matches="same span",
        source=f"{_SEMEVAL}, exact boundary",
        span="same",
        semeval=True,
    ),
    EntityMeasure(
        name="partial",
        matches="overlapping span; half credit when it is not the same span",
        source=f"{_SEMEVAL}, partial boundary",
        span="partial",
        semeval=True,
    ),
    EntityMeasure(
        name="type",
        matches="overlapping span, same type",
        source=f"{_SEMEVAL}, type",
        span="overlap",
        equal=("type",),
        semeval=True,
    ),
    EntityMeasure(
        name="linked",
        matches="same span, same entity; mentions of either side without an entity are not in it",
        source="TAC KBP, strong link match, as neleval's strong_link_match",
        span="same",
        given=("entity_id",),
    ),
)
