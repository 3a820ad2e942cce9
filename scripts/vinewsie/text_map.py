"""Maps spans of a changed text to the original text. Pure functions.

Tools return texts that differ from their input: normalised (NFC, NFD), with other white space, with
tone marks moved (Hoà, Hòa), with the syllables of a word joined by underscores. Both texts are
reduced to their *letters* (case, combining marks, white space, underscores and invisible characters
dropped; kinds of quotation marks and dashes made alike), and these are aligned. A span is mapped
only if all of its letters are found, one after the other; otherwise it has no place, since any
place would be a guess.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vinewsie.matching import Block, matching_blocks
from vinewsie.model import Span
from vinewsie.occurrences import Occurrences

Ints = npt.NDArray[np.int64]

_ALIKE = (
    {"đ": "d", "Đ": "d"}
    | dict.fromkeys("“”„‟«»〝〞＂‘’‚‛‹›'`´", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
)
"""Marks that tools exchange for one another, and đ, the Vietnamese letter whose mark is not a
combining one.
"""

_SLACK = 8
"""Letters by which the lengths of two short stretches that are compared may differ."""


class _Letters(dict[str, str]):
    """What each character is reduced to: nothing, a letter, or several."""

    def __missing__(self, character: str) -> str:
        parts = []
        for part in unicodedata.normalize("NFKD", _ALIKE.get(character, character)):
            category = unicodedata.category(part)
            if part == "_" or part.isspace() or category[0] == "M" or category in ("Cc", "Cf"):
                continue
            parts.append(_ALIKE.get(part, part.lower()))
        # A lower-case letter may bring a combining mark along (İ).
        self[character] = letters = "".join(
            p for part in parts for p in part if unicodedata.category(p)[0] != "M"
        )
        return letters


_LETTERS = _Letters()


def letters(text: str) -> str:
    """The letters of a text: what stays when it is normalised, joined or spaced in another way."""
    return "".join(map(_LETTERS.__getitem__, text))


def _with_offsets(text: str) -> tuple[str, Ints]:
    """The letters of a text, and for each the offset of the character that it comes from."""
    reduced = list(map(_LETTERS.__getitem__, text))
    sizes = np.fromiter(map(len, reduced), np.int64, len(reduced))
    return "".join(reduced), np.repeat(np.arange(len(reduced)), sizes)


def _span_at(text: str, at: Ints, first: int, last: int) -> Span:
    """The span of the letters from ``first`` to ``last``, with the combining marks that follow the
    last one.
    """
    begin, stop = int(at[first]), int(at[last]) + 1
    while stop < len(text) and unicodedata.category(text[stop])[0] == "M":
        stop += 1
    return Span(start=begin, end=stop)


def whole_words(text: str, span: Span) -> bool:
    """Whether a span cuts no word: no letter or digit stands right before or after it."""
    return (
        not text[max(span.start - 1, 0) : span.start].isalnum()
        and not text[span.end : span.end + 1].isalnum()
    )


class LetterIndex:
    """A text in which surfaces are found by their letters.

    Args:
        text: the text.
        expected: the surfaces that will be asked for; see :class:`Occurrences`.
    """

    def __init__(self, text: str, expected: Iterable[str] = ()) -> None:
        self._text = text
        reduced, self._at = _with_offsets(text)
        self._letters = Occurrences(reduced, map(letters, expected))

    def find(self, surface: str) -> Iterator[Span]:
        """The places, in the order of the text, where the letters of ``surface`` stand and no word
        is cut.
        """
        wanted = letters(surface)
        for start in self._letters.of(wanted):
            span = _span_at(self._text, self._at, start, start + len(wanted) - 1)
            if whole_words(self._text, span):
                yield span


class TextMap:
    """Maps spans of ``changed`` to spans of ``text`` by the letters of both.

    Args:
        changed: the text as a tool returned it.
        text: the original text.
    """

    def __init__(self, changed: str, text: str) -> None:
        self._changed, self._text = changed, text
        self.same = changed == text

    @cached_property
    def _sides(self) -> tuple[tuple[str, Ints], tuple[str, Ints]]:
        return _with_offsets(self._changed), _with_offsets(self._text)

    @cached_property
    def _positions(self) -> Ints:
        """For each letter of the changed text, its letter of the text, or -1."""
        (left, left_at), (right, right_at) = self._sides
        positions = np.full(len(left), -1, dtype=np.int64)
        if left == right:
            return np.arange(len(left), dtype=np.int64)
        _align(
            _units(self._changed, left, left_at),
            _units(self._text, right, right_at),
            (0, len(left)),
            (0, len(right)),
            positions,
            0,
        )
        return positions

    @property
    def kept(self) -> float:
        """The share of the changed text's letters that the text has; 1 for a text without
        letters.
        """
        return self._share(0)

    @property
    def covered(self) -> float:
        """The share of the text's letters that the changed text has; 1 for a text without
        letters.
        """
        return self._share(1)

    def _share(self, side: int) -> float:
        total = 0 if self.same else len(self._sides[side][0])
        return float((self._positions >= 0).sum()) / total if total else 1.0

    def share(self, start: int, end: int) -> float:
        """The share of the letters between two offsets of the changed text that the text has; 0 if
        there are no letters.
        """
        (_, left_at), _ = self._sides
        first, last = np.searchsorted(left_at, (start, end))
        return float((self._positions[first:last] >= 0).mean()) if first < last else 0.0

    def surface(self, start: int, end: int) -> str:
        """The surface in the changed text."""
        return self._changed[start:end]

    def span(self, start: int, end: int) -> Span | None:
        """The span of the text for a span of the changed one; None when not all of its letters are
        there, one after the other.
        """
        if self.same:
            return Span(start=start, end=end)
        if not 0 <= start < end <= len(self._changed):
            return None
        (_, left_at), (_, right_at) = self._sides
        first, last = np.searchsorted(left_at, (start, end))
        if first == last:
            return None
        there = self._positions[first:last]
        if (
            there[0] < 0
            or int(there[-1] - there[0]) != last - first - 1
            or bool((np.diff(there) != 1).any())
        ):
            return None
        return _span_at(self._text, right_at, int(there[0]), int(there[-1]))


class TokenMap(TextMap):
    """Maps spans token by token, where both texts have the same number of tokens on every line."""

    def __init__(self, changed: str, text: str, ours: Sequence[str], theirs: Sequence[str]) -> None:
        super().__init__(changed, text)
        self.different = sum(a != b for a, b in zip(ours, theirs, strict=True))
        self.equal = 1 - self.different / len(ours)
        (starts, ends), (their_starts, their_ends) = _bounds(ours), _bounds(theirs)
        self._to_start = dict(zip(starts, their_starts, strict=True))
        self._to_end = dict(zip(ends, their_ends, strict=True))

    @classmethod
    def of(cls, changed: str, text: str) -> TokenMap | None:
        """The map of two texts, or None if their lines or tokens are not as many."""
        ours, theirs = changed.split("\n"), text.split("\n")
        if len(ours) != len(theirs) or any(
            a.count(" ") != b.count(" ") for a, b in zip(ours, theirs, strict=True)
        ):
            return None
        return cls(changed, text, _tokens(changed), _tokens(text))

    def span(self, start: int, end: int) -> Span | None:
        """The span of the same tokens."""
        first, last = self._to_start.get(start), self._to_end.get(end)
        return (
            super().span(start, end)
            if first is None or last is None
            else Span(start=first, end=last)
        )


def _tokens(text: str) -> list[str]:
    return text.replace("\n", " ").split(" ")


def _bounds(tokens: Sequence[str]) -> tuple[list[int], list[int]]:
    starts = list(itertools.accumulate((len(token) + 1 for token in tokens), initial=0))[:-1]
    return starts, [start + len(token) for start, token in zip(starts, tokens, strict=True)]


Units = tuple[list[Ints], str]
"""For each level (lines, words, letters) the letter that each unit begins with, closed by the
number of letters; and the letters.
"""


def _units(text: str, reduced: str, at: Ints) -> Units:
    levels = []
    for pattern in (r"[^\n]+", r"[^\W_]+|[^\w\s]|_+"):
        begins = np.array([match.start() for match in re.finditer(pattern, text)], dtype=np.int64)
        levels.append(np.unique(np.r_[0, np.searchsorted(at, begins), len(reduced)]))
    return [*levels, np.arange(len(reduced) + 1)], reduced


def _align(
    left: Units,
    right: Units,
    ours: tuple[int, int],
    theirs: tuple[int, int],
    positions: Ints,
    level: int,
) -> None:
    """Aligns a stretch of letters: equal units first, and what lies between them by smaller
    units.
    """
    our_bounds, our_units = _inside(left, level, *ours)
    their_bounds, their_units = _inside(right, level, *theirs)
    a = c = 0
    end = Block(len(our_units), len(their_units), 0)
    for b, d, size in (*matching_blocks(our_units, their_units), end):
        inner, outer = (our_bounds[a], our_bounds[b]), (their_bounds[c], their_bounds[d])
        between = a < b and c < d and level < len(left[0]) - 1
        if between and (level == 0 or _comparable(inner[1] - inner[0], outer[1] - outer[0])):
            _align(left, right, inner, outer, positions, level + 1)
        a, c = b + size, d + size
        positions[our_bounds[b] : our_bounds[a]] = np.arange(their_bounds[d], their_bounds[c])


def _inside(side: Units, level: int, begin: int, end: int) -> tuple[list[int], list[str]]:
    """The units of a stretch of letters, and where each begins, closed by the stretch's end."""
    levels, reduced = side
    first, last = np.searchsorted(levels[level], (begin, end), side="right").tolist()
    bounds = [begin, *(bound for bound in levels[level][first:last].tolist() if bound < end), end]
    return bounds, [reduced[a:b] for a, b in itertools.pairwise(bounds)]


def _comparable(ours: int, theirs: int) -> bool:
    """Whether stretches are worth comparing by letters: those of a word are found, scattered, in
    any text that is long enough.
    """
    return max(ours, theirs) <= 2 * min(ours, theirs) + _SLACK
