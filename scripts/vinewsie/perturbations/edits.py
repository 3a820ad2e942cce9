"""Edits of a text, and the exact map of offsets that they make. Pure functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import NamedTuple

from vinewsie.model import Span


class Edit(NamedTuple):
    """Replaces ``text[start:end]``; an insertion has an empty span. Offsets are code points."""

    start: int
    end: int
    new: str


class ChangedText:
    """A text after edits, and the map of spans.

    Args:
        original: the text.
        edits: edits that do not overlap, in any order; one that changes nothing is left out.

    Raises:
        ValueError: edits overlap or lie outside the text.
    """

    def __init__(self, original: str, edits: Iterable[Edit]) -> None:
        kept = sorted(e for e in edits if original[e.start : e.end] != e.new)
        for one, other in pairwise(kept):
            if other.start < one.end or (one.start, one.end) == (other.start, other.end):
                raise ValueError(f"{one} and {other} overlap")
        if kept and not (kept[0].start >= 0 and max(e.end for e in kept) <= len(original)):
            raise ValueError("an edit lies outside the text")
        self.original, self.edits = original, tuple(kept)
        pieces, last = [], 0
        for edit in kept:
            pieces += [original[last : edit.start], edit.new]
            last = edit.end
        self.text = "".join([*pieces, original[last:]])
        self._starts = [edit.start for edit in kept]
        self._ends = [edit.end for edit in kept]
        growth = (len(edit.new) - (edit.end - edit.start) for edit in kept)
        self._shifts = [*accumulate(growth, initial=0)]

    def start(self, offset: int) -> int:
        """Where a span that began at an offset begins: behind what was inserted there; inside a
        replaced stretch, where the stretch begins.
        """
        number = bisect_right(self._ends, offset)
        if number < len(self.edits) and self.edits[number].start < offset:
            offset = self.edits[number].start
        return offset + self._shifts[number]

    def end(self, offset: int) -> int:
        """Where a span that ended at an offset ends: before what was inserted there; inside a
        replaced stretch, where the stretch ends.
        """
        number = bisect_left(self._starts, offset)
        if number and self._ends[number - 1] > offset:
            offset = self._ends[number - 1]
        return offset + self._shifts[number]

    def span(self, start: int, end: int) -> Span | None:
        """The span of the changed text; None where nothing of it is left."""
        first, stop = self.start(start), self.end(end)
        return Span(start=first, end=stop) if first < stop else None
