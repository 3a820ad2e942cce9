"""Finds predictions whose offsets count in another text, or from another start."""

from __future__ import annotations

from collections import Counter

import numpy as np

from vinewsie.packed import Ints, Packed

_FEWEST = 10
"""Predictions from which a warning is given."""
_TOUCHING = 0.01
"""Share of the predictions that touch a gold span, below which offsets are taken to be shifted."""
_DOCUMENTS, _SPANS = 200, 300
"""Documents, and spans of each, that are looked at."""


def shift_warning(gold: Packed, predicted: Packed) -> str | None:
    """A warning if almost no prediction touches a gold span, with the shift that fits best.

    Args:
        gold: the gold entities of each document.
        predicted: the predicted entities of the same documents.
    """
    both = np.flatnonzero((gold.sizes > 0) & (predicted.sizes > 0))
    some = both[:_DOCUMENTS]
    for documents in (some, both):
        golds, guesses = gold.take(documents), predicted.take(documents)
        total = len(guesses.start)
        touching = _touching(golds, guesses)
        if total < _FEWEST or touching >= _TOUCHING * total:
            return None
    found = _best_shift(gold.take(some), predicted.take(some))
    fits = "no shift of all offsets fits better"
    if found is not None:
        shift, hits, looked_at = found
        fits = f"with {shift:+d} on all offsets, {hits} of {looked_at} would have a gold span"
    return (
        f"warning: {touching} of {total} predicted entities touch a gold entity, so their offsets "
        f"may be shifted: {fits}; offsets are code points of the document's text, from 0"
    )


def _touching(gold: Packed, predicted: Packed) -> int:
    """The number of predictions that overlap a gold span of their document."""
    reach = 1 + max(int(packed.end.max(initial=0)) for packed in (gold, predicted))
    starts = np.sort(gold.start + gold.doc * reach)
    ends = np.sort(gold.end + gold.doc * reach)
    begun = np.searchsorted(starts, predicted.end + predicted.doc * reach, side="left")
    over = np.searchsorted(ends, predicted.start + predicted.doc * reach, side="right")
    return int(np.count_nonzero(begun > over))


def _best_shift(gold: Packed, predicted: Packed) -> tuple[int, int, int] | None:
    """The shift that gives most predictions the span of a gold entity, how many these are, and how
    many predictions were looked at; None if that is less than one in five.
    """
    hits: Counter[int] = Counter()
    looked_at = 0
    for of_gold, of_guess in zip(_spans(gold), _spans(predicted), strict=True):
        looked_at += len(of_guess)
        same_length = np.subtract.outer(of_gold[:, 1], of_guess[:, 1]) == 0
        shifts = np.subtract.outer(of_gold[:, 0], of_guess[:, 0])[same_length]
        hits.update(shifts.tolist())
    shift, count = max(hits.items(), key=lambda item: (item[1], -abs(item[0])), default=(0, 0))
    return (shift, count, looked_at) if shift and 5 * count >= looked_at else None


def _spans(packed: Packed) -> list[Ints]:
    """For each document ``(n_spans, 2) int64``, start and length of its first spans, each once."""
    table = np.stack([packed.start, packed.end - packed.start], axis=1)
    parts = np.split(table, np.cumsum(packed.sizes)[:-1])
    return [np.unique(part[:_SPANS], axis=0) for part in parts]
