"""Measures of entities (SemEval-2013 task 9.1, TAC KBP): what a pair of mentions is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scheme.inventories import SCHEMES, renaming
from vinewsie.scoring.alignment import (
    FULL,
    HALF,
    Align,
    Aligned,
    MeasureDefinition,
    Overlaps,
    overlapping,
    span_alignment,
)
from vinewsie.scoring.columns import Corpus, Spans

_PARAMS = {"scheme": ("native", *SCHEMES, "any"), "levels": ("all", "outermost")}


def _sides(
    corpus: Corpus, params: Mapping[str, str], fields: tuple[str, ...]
) -> tuple[Spans, Spans, tuple[int, int]]:
    """Both sides as the parameters want them, with further fields, and how many golds and
    predictions the scheme dropped.
    """
    sides, dropped = [], []
    for gold in (True, False):
        spans = corpus.spans("entities", gold, ("type", *fields), "type")
        kept: Ints = np.arange(len(spans))
        if (renamed := renaming(params["scheme"], corpus.label_map)) is not None:
            spans, kept = _relabelled(corpus, spans, renamed)
        dropped.append(len(spans) - len(kept))
        spans = spans.take(kept) if len(kept) < len(spans) else spans
        sides.append(spans.take(_outermost(spans)) if params["levels"] == "outermost" else spans)
    return sides[0], sides[1], (dropped[0], dropped[1])


def _relabelled(
    corpus: Corpus, spans: Spans, renamed: Callable[[str], str | None]
) -> tuple[Spans, Ints]:
    names = list(corpus.codes)
    codes = np.unique(spans.fields["type"])
    target = np.full(len(names), -1, dtype=np.int64)
    for code in codes.tolist():
        # None marks an answer without a label, which no inventory drops.
        label = renamed(names[code]) if names[code] is not None else None
        if label is not None or names[code] is None:
            target[code] = corpus.codes[label]
    types = target[spans.fields["type"]]
    return replace(spans, fields={**spans.fields, "type": types}), np.flatnonzero(types >= 0)


def _outermost(spans: Spans) -> Ints:
    """The spans that lie inside no other one; equal spans lie beside each other. Surfaces without a
    place stay.
    """
    order = np.lexsort((-spans.end, spans.start))
    start, end = spans.start[order], spans.end[order]
    new = (
        np.r_[True, (start[1:] != start[:-1]) | (end[1:] != end[:-1])]
        if len(order)
        else np.zeros(0, dtype=np.bool_)
    )
    group = np.cumsum(new) - 1
    ends = end[new]
    furthest = np.r_[np.int64(-1), np.maximum.accumulate(ends)[:-1]] if len(ends) else ends
    outer = (furthest < ends)[group] | spans.unplaced[order]
    return np.sort(order[outer])


def _paired(
    corpus: Corpus, params: Mapping[str, str], fields: tuple[str, ...]
) -> tuple[Spans, Spans, tuple[int, int], Overlaps]:
    golds, predicted, dropped = _sides(corpus, params, fields)
    return golds, predicted, dropped, overlapping(golds, predicted)


def _aligner(
    credit: Callable[[Corpus, Spans, Spans, Overlaps], Ints],
    fields: tuple[str, ...] = (),
    *,
    wrong_pairs: bool = True,
) -> Align:
    """Aligns mentions by the credit that a measure gives; the same span, then the same type decide
    between equals.
    """

    def run(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
        key = ("entities", params["scheme"], params["levels"], fields)
        golds, predicted, dropped, pairs = corpus.once(key, lambda: _paired(corpus, params, fields))
        same_type = _same_type(golds, predicted, pairs).astype(np.int64)
        given = credit(corpus, golds, predicted, pairs)
        aligned = span_alignment(
            corpus, golds, predicted, pairs, given, (pairs.same, same_type), wrong_pairs=wrong_pairs
        )
        return replace(aligned, dropped=dropped)

    return run


def _same_type(golds: Spans, predicted: Spans, pairs: Overlaps) -> Mask:
    return np.equal(golds.fields["type"][pairs.gold], predicted.fields["type"][pairs.prediction])


def _strict(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return FULL * (pairs.same * _same_type(golds, predicted, pairs))


def _exact(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return FULL * pairs.same


def _partial(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return HALF + pairs.same


def _type(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return FULL * _same_type(golds, predicted, pairs).astype(np.int64)


def _linked(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    names = list(corpus.codes)
    credit = np.zeros(len(pairs.gold), dtype=np.int64)
    for at in np.flatnonzero(pairs.same):
        said = names[predicted.fields["entity_id"][pairs.prediction[at]]]
        if said is not None:
            meant = corpus.names[golds.doc[pairs.gold[at]]].resolve(said)
            credit[at] = FULL * (meant == names[golds.fields["entity_id"][pairs.gold[at]]])
    return credit


MEASURES = (
    MeasureDefinition(
        "strict",
        "same span, same type",
        "SemEval-2013 task 9.1, strict",
        _aligner(_strict),
        _PARAMS,
        headline=True,
        semeval=True,
    ),
    MeasureDefinition(
        "exact",
        "same span",
        "SemEval-2013 task 9.1, exact boundary",
        _aligner(_exact),
        _PARAMS,
        semeval=True,
    ),
    MeasureDefinition(
        "partial",
        "overlapping span; half credit when it is not the same span",
        "SemEval-2013 task 9.1, partial boundary",
        _aligner(_partial),
        _PARAMS,
        semeval=True,
    ),
    MeasureDefinition(
        "type",
        "overlapping span, same type",
        "SemEval-2013 task 9.1, type",
        _aligner(_type),
        _PARAMS,
        semeval=True,
    ),
    MeasureDefinition(
        "linked",
        "same span, same entity",
        "TAC KBP, strong link match",
        _aligner(_linked, ("entity_id",), wrong_pairs=False),
        _PARAMS,
    ),
)
