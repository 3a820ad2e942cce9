"""Lines and syllables of a text, and dates in ISO form. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import pairwise

from vinewsie.model import Span

SYLLABLE = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*|\S")
"""A syllable with its combining marks, or a sign."""
COMPLEMENTISERS = frozenset({"rằng", "là"})


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Yields ``(start, end)`` of every line that is not blank, without white space at its edges."""
    for match in re.finditer(r"[^\n]+", text):
        line = match.group()
        stripped = line.strip()
        if stripped:
            start = match.start() + line.index(stripped)
            yield start, start + len(stripped)


def tokens_between(
    text: str, start: int, end: int, edges: Collection[int]
) -> list[tuple[int, int]]:
    """The syllables and punctuation of a part of a text, cut at the edges of records too.

    Args:
        text: the text.
        start: where the part begins.
        end: where it ends.
        edges: the offsets at which a token is cut.
    """
    return [
        pair
        for match in _TOKEN.finditer(text, start, end)
        for pair in pairwise(
            [
                match.start(),
                *(cut for cut in range(match.start() + 1, match.end()) if cut in edges),
                match.end(),
            ]
        )
    ]


def syllables(text: str, content: Iterable[Span]) -> frozenset[tuple[int, int]]:
    r"""The syllables of a quotation's content, as spans of the text.

    A syllable is a maximal run of ``[^\W_]`` within a content span, so punctuation and quotation
    marks never count. A leading complementiser (rằng, là) is dropped. A syllable that a span cuts
    is not the syllable of the text.
    """
    found = sorted(
        {
            match.span()
            for span in content
            for match in SYLLABLE.finditer(text, span.start, span.end)
        }
    )
    first = 0
    while first < len(found) and text[slice(*found[first])].casefold() in COMPLEMENTISERS:
        first += 1
    # A content that is a complementiser alone is kept; one without syllables counts as one unit.
    return frozenset(found[first:] or found or [(span.start, span.end) for span in content])


def day_of(value: str) -> date | None:
    """Parses the ISO date at the beginning of a string; None if there is none."""
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
