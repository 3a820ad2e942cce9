"""Attribution: to whom the quotations are given. Measured on the quote records; it has no records of its own."""

from __future__ import annotations

from collections.abc import Mapping

from vinewsie.layers.base import Aligned, Case, Layer, MeasureDefinition
from vinewsie.layers.quotes import RELAXED, align_quotes, answers


def _joint(case: Case, params: Mapping[str, str]) -> Aligned:
    pairs, speakers = align_quotes(case, RELAXED)
    right = [(g, p) for g, p in pairs if speakers[p] == frozenset(case.gold.quotes[g].speakers or ())]
    return Aligned(*answers(case, "source_status"), tuple(right))


LAYER = Layer(
    name="attribution",
    records="quotes",
    title="Attribution",
    label_field="source_status",
    measures=(
        MeasureDefinition(
            "joint",
            "relaxed quotation match and the same set of speakers",
            "end-to-end attribution as in PARC 3.0 (Pareti 2015), on the relaxed alignment",
            _joint,
            headline=True,
        ),
    ),
)
