"""Measures of dates (TempEval-3): what a pair of time expressions is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from vinewsie.packed import Ints, Mask
from vinewsie.scoring.alignment import (
    FULL,
    Align,
    Aligned,
    MeasureDefinition,
    Overlaps,
    overlapping,
    span_alignment,
)
from vinewsie.scoring.columns import Corpus, Spans


def _sides(corpus: Corpus, vague: str) -> tuple[Spans, Spans]:
    """The gold and predicted dates that take part: all, or without the vague golds and what is
    aligned with them, or only those.

    The alignment that decides it is one for all date measures: overlapping spans, preferring dates
    that are not vague, then the same span, value and type. So all date measures have the same
    denominators.
    """
    golds, predicted = (
        corpus.spans("dates", gold, ("type", "value", "vague"), "type") for gold in (True, False)
    )
    if vague == "include":
        return golds, predicted
    is_vague = golds.fields["vague"] == corpus.codes[True]
    pairs = overlapping(golds, predicted)
    plain = (~is_vague[pairs.gold]).astype(np.int64)
    everything = np.full(len(plain), FULL, dtype=np.int64)
    aligned = span_alignment(
        corpus,
        golds,
        predicted,
        pairs,
        everything,
        (plain, *_ties(golds, predicted, pairs)),
        wrong_pairs=False,
    )
    with_vague = np.zeros(len(predicted), dtype=np.bool_)
    with_vague[aligned.prediction[is_vague[aligned.gold]]] = True
    if vague == "only":
        return golds.take(np.flatnonzero(is_vague)), predicted.take(np.flatnonzero(with_vague))
    return golds.take(np.flatnonzero(~is_vague)), predicted.take(np.flatnonzero(~with_vague))


def _paired(corpus: Corpus, vague: str) -> tuple[Spans, Spans, Overlaps]:
    golds, predicted = _sides(corpus, vague)
    return golds, predicted, overlapping(golds, predicted)


def _ties(golds: Spans, predicted: Spans, pairs: Overlaps) -> tuple[Ints, Ints, Ints]:
    """What decides between alignments that are otherwise equal: the same span, value, type."""
    return (
        pairs.same,
        (golds.fields["value"][pairs.gold] == predicted.fields["value"][pairs.prediction]).astype(
            np.int64
        ),
        (golds.fields["type"][pairs.gold] == predicted.fields["type"][pairs.prediction]).astype(
            np.int64
        ),
    )


def _aligner(condition: Callable[[Corpus, Spans, Spans, Overlaps], Ints | Mask]) -> Align:
    def run(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
        golds, predicted, pairs = corpus.once(
            ("dates", params["vague"]), lambda: _paired(corpus, params["vague"])
        )
        credit = FULL * condition(corpus, golds, predicted, pairs).astype(np.int64)
        return span_alignment(
            corpus,
            golds,
            predicted,
            pairs,
            credit,
            _ties(golds, predicted, pairs),
            wrong_pairs=False,
        )

    return run


def _same_field(name: str) -> Callable[[Corpus, Spans, Spans, Overlaps], Mask]:
    """Pairs whose field is given and equal."""

    def condition(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Mask:
        value = golds.fields[name][pairs.gold]
        same: Mask = np.equal(value, predicted.fields[name][pairs.prediction]) & np.not_equal(
            value, corpus.codes[None]
        )
        return same

    return condition


def _same_span(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return pairs.same


def _any_overlap(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return np.ones(len(pairs.gold), dtype=np.int64)


_VAGUE_PARAM = {"vague": ("exclude", "only", "include")}


MEASURES = (
    MeasureDefinition(
        "strict",
        "same span",
        "TempEval-3, strict match",
        _aligner(_same_span),
        _VAGUE_PARAM,
        headline=True,
    ),
    MeasureDefinition(
        "relaxed",
        "overlapping span",
        "TempEval-3, relaxed match",
        _aligner(_any_overlap),
        _VAGUE_PARAM,
    ),
    MeasureDefinition(
        "type",
        "overlapping span, same type",
        "TempEval-3, type F1",
        _aligner(_same_field("type")),
        _VAGUE_PARAM,
    ),
    MeasureDefinition(
        "value",
        "overlapping span, same value",
        "TempEval-3, value F1",
        _aligner(_same_field("value")),
        _VAGUE_PARAM,
        headline=True,
    ),
)
