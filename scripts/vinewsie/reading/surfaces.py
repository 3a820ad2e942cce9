"""Places surfaces that have no offsets."""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from vinewsie.model import Span
from vinewsie.occurrences import Occurrences
from vinewsie.text_map import LetterIndex, whole_words

SURFACE, WORDS, LETTERS = "surface", "words", "letters"
RESOLVERS = {
    SURFACE: "the first occurrence that no earlier record has taken, wherever it stands",
    WORDS: "the same, but whole words outside earlier records first, then whole words inside them",
    LETTERS: (
        "as words; what does not occur literally is looked for by its letters, at whole words"
    ),
}
"""The ways to place a surface without offsets."""


class SurfacePlacer:
    """Places surfaces of one layer on a text: each on the first occurrence that no earlier surface
    of the layer has taken.

    Args:
        text: the text.
        resolve: the way, one of :data:`RESOLVERS`.
        expected: the surfaces that are to be placed, as far as they are known; many are found
            faster together.
    """

    def __init__(self, text: str, resolve: str = SURFACE, expected: Iterable[str] = ()) -> None:
        self._text, self._resolve = text, resolve
        self._expected = dict.fromkeys(expected)
        self._literal = Occurrences(text, self._expected)
        self._taken: set[tuple[int, int]] = set()
        self._covered = bytearray(len(text) if resolve != SURFACE else 0)
        """1 for each character in a span that is taken."""
        self._free: dict[str, Iterator[Span]] = {}
        self._places: dict[str, list[Span]] = {}

    def take(self, start: int, end: int) -> None:
        """Marks a span as taken by a record that gave its own offsets."""
        self._taken.add((start, end))
        if self._resolve != SURFACE:
            self._covered[start:end] = b"\1" * (end - start)

    def place(self, surface: str) -> Span | None:
        """The first free occurrence of ``surface``, which it takes; None when there is none."""
        if surface not in self._free:
            self._free[surface] = self._free_places(surface)
        span = next(self._free[surface], None)
        if span is not None:
            self.take(span.start, span.end)
        return span

    def _free_places(self, surface: str) -> Iterator[Span]:
        """The free occurrences, the best first. What is taken stays so, and an occurrence that
        does not fit once never will; so each is visited once for each way to fit.
        """
        ways: tuple[Callable[[Span], bool], ...] = (self._outside, self._whole, self._anywhere)
        for fits in ways if self._resolve != SURFACE else ways[-1:]:
            for span in self.occurrences(surface):
                if (span.start, span.end) not in self._taken and fits(span):
                    yield span

    def _outside(self, span: Span) -> bool:
        """Whether a span is whole words outside all that is taken."""
        return self._covered.find(1, span.start, span.end) < 0 and self._whole(span)

    def _whole(self, span: Span) -> bool:
        return whole_words(self._text, span)

    def _anywhere(self, _span: Span) -> bool:
        return True

    def surface(self, span: Span) -> str:
        """The text of a span."""
        return self._text[span.start : span.end]

    def nearest(self, surface: str, offset: int) -> Span | None:
        """The occurrence that begins nearest to an offset, free or not, the first of two; None
        when there is none.
        """
        if (there := self._places.get(surface)) is None:
            there = self._places[surface] = [*self.occurrences(surface)]
        start = operator.attrgetter("start")
        after = bisect_left(there, offset, key=start)
        before = bisect_left(there, there[after - 1].start, key=start) if after else after
        return min(
            (*there[before : before + 1], *there[after : after + 1]),
            key=lambda span: abs(span.start - offset),
            default=None,
        )

    def occurrences(self, surface: str) -> Iterator[Span]:
        """The places of ``surface``, in the order of the text."""
        none = True
        for start in self._literal.of(surface):
            none = False
            yield Span(start=start, end=start + len(surface))
        if none and self._resolve == LETTERS:
            yield from self._letters.find(surface)

    @cached_property
    def _letters(self) -> LetterIndex:
        missing = [s for s in self._expected if next(self._literal.of(s), None) is None]
        return LetterIndex(self._text, missing)
