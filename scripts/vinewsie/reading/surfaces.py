"""Places surfaces that have no offsets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from vinewsie.model import Span
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
    """

    def __init__(self, text: str, resolve: str = SURFACE) -> None:
        self._text, self._resolve = text, resolve
        self._taken: set[tuple[int, int]] = set()

    def take(self, start: int, end: int) -> None:
        """Marks a span as taken by a record that gave its own offsets."""
        self._taken.add((start, end))

    def place(self, surface: str) -> Span | None:
        """The first free occurrence of ``surface``, which it takes; None when there is none."""
        free = (
            span for span in self.occurrences(surface) if (span.start, span.end) not in self._taken
        )
        # Python's min keeps the first of equals, so the order of the text decides between them.
        span = (
            next(free, None)
            if self._resolve == SURFACE
            else min(free, key=self._doubt, default=None)
        )
        if span is not None:
            self._taken.add((span.start, span.end))
        return span

    def _doubt(self, span: Span) -> int:
        """0 for whole words outside all that is taken, 1 for whole words inside, 2 for a part of a
        word.
        """
        if not whole_words(self._text, span):
            return 2
        return int(any(start < span.end and span.start < end for start, end in self._taken))

    def surface(self, span: Span) -> str:
        """The text of a span."""
        return self._text[span.start : span.end]

    def occurrences(self, surface: str) -> Iterator[Span]:
        """The places of ``surface``, in the order of the text."""
        start = self._text.find(surface) if surface else -1
        if start < 0 and self._resolve == LETTERS:
            yield from self._letters.find(surface)
        while start >= 0:
            yield Span(start=start, end=start + len(surface))
            start = self._text.find(surface, start + 1)

    @cached_property
    def _letters(self) -> LetterIndex:
        return LetterIndex(self._text)
