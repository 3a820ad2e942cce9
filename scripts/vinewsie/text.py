"""Text and offsets: lines, syllables, and placing a surface string in a text. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vinewsie.model import Span

SYLLABLE = re.compile(r"[^\W_]+")
COMPLEMENTISERS = frozenset({"rằng", "là"})


def lines(text: str) -> Iterator[tuple[int, int]]:
    """The span of every line that is not blank, without the white space at its edges."""
    for match in re.finditer(r"[^\n]+", text):
        line = match.group()
        stripped = line.strip()
        if stripped:
            start = match.start() + line.index(stripped)
            yield start, start + len(stripped)


def syllables(text: str, content: Iterable[Span]) -> frozenset[tuple[int, int]]:
    r"""The syllables of a quotation's content, as spans of the text.

    A syllable is a maximal run of ``[^\W_]`` within a content span, so punctuation and quotation marks never count. A leading
    complementiser (rằng, là) is dropped. A syllable that a span cuts is not the syllable of the text.
    """
    found = sorted({match.span() for span in content for match in SYLLABLE.finditer(text, span.start, span.end)})
    first = 0
    while first < len(found) and text[slice(*found[first])].casefold() in COMPLEMENTISERS:
        first += 1
    # A content that is nothing but a complementiser, or has no syllable at all, stands for itself.
    return frozenset(found[first:] or found or [(span.start, span.end) for span in content])


class SurfacePlacer:
    """Places surfaces of one layer on a text: each on the first occurrence that no earlier surface of the layer has taken."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._taken: set[tuple[int, int]] = set()

    def take(self, start: int, end: int) -> None:
        """Marks a span as taken by a record that gave its own offsets."""
        self._taken.add((start, end))

    def place(self, surface: str) -> Span | None:
        """The first free occurrence of ``surface``, which it takes; None when there is none."""
        if not surface:
            return None
        start = self._text.find(surface)
        while start >= 0:
            place = (start, start + len(surface))
            if place not in self._taken:
                self._taken.add(place)
                return Span(start=place[0], end=place[1])
            start = self._text.find(surface, start + 1)
        return None
