"""The syllables of quotations as ranges, and the pairs of contents that share some.

All texts together have one sequence of syllables. A content is one or several ranges of it; a
syllable that a span cuts is a piece by itself, with its own place. So the work grows with the
number of spans, not with their length.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property

import numpy as np

from vinewsie.model import Span
from vinewsie.packed import Ints, Mask
from vinewsie.scoring.align import overlaps
from vinewsie.text import COMPLEMENTISERS, SYLLABLE

Range = tuple[int, int]

_BLOCK = 256
"""Gold ranges whose overlaps are looked for at a time: nested contents have many."""


class Syllables:
    """The syllables of texts, numbered over all of them.

    Args:
        texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._of: dict[int, tuple[list[int], list[int], int]] = {}
        self._count = 0

    def of(self, doc: int) -> tuple[list[int], list[int], int]:
        """Starts and ends of a text's syllables in code points, and the number of the first."""
        if doc not in self._of:
            start, end = _syllables(self._texts[doc])
            # Lists: single look-ups in them are faster than in arrays.
            self._of[doc] = start.tolist(), end.tolist(), self._count
            # The gap keeps ranges of neighbouring texts apart.
            self._count += len(start) + 1
        return self._of[doc]

    def content(self, doc: int, spans: Sequence[Span]) -> tuple[list[Range], list[Range]]:
        """The ranges of whole syllables and the pieces of a content; see
        :func:`vinewsie.text.syllables` for what counts.

        Args:
            doc: the document.
            spans: the content, in code points.

        Returns:
            Disjoint ranges of syllables, ascending; pieces as (start, end) in code points.
        """
        start, end, base = self.of(doc)
        ranges: list[Range] = []
        pieces: set[Range] = set()
        for span in spans:
            first, last = bisect_left(start, span.start), bisect_right(end, span.end)
            if first and end[first - 1] > span.start:
                pieces.add((span.start, min(end[first - 1], span.end)))
            if first <= last < len(start) and start[last] < span.end:
                pieces.add((start[last], span.end))
            if first < last:
                ranges.append((first, last))
        ranges = _union(ranges) if len(ranges) > 1 else ranges
        if not ranges and not pieces:
            return [], sorted({(span.start, span.end) for span in spans})
        kept = self._without_complementiser(doc, ranges, pieces)
        return [(low + base, high + base) for low, high in kept[0]], kept[1]

    def _without_complementiser(
        self, doc: int, ranges: list[Range], pieces: set[Range]
    ) -> tuple[list[Range], list[Range]]:
        """The content without the complementisers at its beginning, unless it has nothing else."""
        start, end, _ = self._of[doc]
        text = self._texts[doc]
        rest, cut = ranges, sorted(pieces)
        while rest or cut:
            place = (start[rest[0][0]], end[rest[0][0]]) if rest else None
            word = min(cut[0], place) if cut and place else cut[0] if cut else place
            assert word is not None
            if text[slice(*word)].casefold() not in COMPLEMENTISERS:
                return rest, cut
            if word == place:
                low, high = rest[0]
                rest = [(low + 1, high), *rest[1:]] if low + 1 < high else rest[1:]
            else:
                cut = cut[1:]
        return ranges, sorted(pieces)


def _syllables(text: str) -> tuple[Ints, Ints]:
    """Starts and ends of all syllables of a text, in code points."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    known = np.unique(points)
    letters = known[[SYLLABLE.match(chr(point)) is not None for point in known.tolist()]]
    inside = np.isin(points, letters).astype(np.int8)
    change = np.diff(inside, prepend=np.int8(0), append=np.int8(0))
    return np.flatnonzero(change == 1), np.flatnonzero(change == -1)


def _union(ranges: list[Range]) -> list[Range]:
    """The ranges that cover the same syllables, disjoint and ascending."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


@dataclass(frozen=True)
class Contents:
    """Contents of one side. An answer may have several that are just as right.

    Args:
        answer: (n_contents,) int64, the answer of each content, ascending; its own content first.
        size: (n_contents,) int64, syllables.
        ranges: three columns of int64: content, first syllable, syllable behind the last.
        pieces: three columns of int64: content, start and end in global code points.
        key: of each content; equal keys have equal syllables.
    """

    answer: Ints
    size: Ints
    ranges: tuple[Ints, Ints, Ints]
    pieces: tuple[Ints, Ints, Ints]
    key: list[tuple[tuple[Range, ...], tuple[Range, ...]]]

    @classmethod
    def of(
        cls, syllables: Syllables, bases: Ints, rows: Iterable[tuple[int, int, Sequence[Span]]]
    ) -> Contents:
        """The contents of rows.

        Args:
            syllables: of the texts.
            bases: (n_documents,) int64, the global offset of each document in code points.
            rows: answer, document and spans of each content, by answer.
        """
        answers: list[int] = []
        sizes: list[int] = []
        ranges: list[tuple[int, int, int]] = []
        pieces: list[tuple[int, int, int]] = []
        keys = []
        for number, (answer, doc, spans) in enumerate(rows):
            whole, cut = syllables.content(doc, spans)
            base = int(bases[doc])
            cut = [(start + base, end + base) for start, end in cut]
            answers.append(answer)
            sizes.append(sum(high - low for low, high in whole) + len(cut))
            ranges += [(number, low, high) for low, high in whole]
            pieces += [(number, start, end) for start, end in cut]
            keys.append((tuple(whole), tuple(cut)))
        return cls(
            np.array(answers, dtype=np.int64),
            np.array(sizes, dtype=np.int64),
            _columns(ranges),
            _columns(pieces),
            keys,
        )

    @cached_property
    def first(self) -> Ints:
        """(n_answers,) int64, the own content of each answer; every answer has one."""
        return np.flatnonzero(np.diff(self.answer, prepend=-1))

    def of_answers(self, kept: Mask) -> Contents:
        """The contents of some answers, which keep their numbers.

        Args:
            kept: (n_answers,) bool, which answers.
        """
        mask = kept[self.answer]
        index = np.flatnonzero(mask)
        number = np.cumsum(mask) - 1

        def rows(columns: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
            content, low, high = (column[mask[columns[0]]] for column in columns)
            return number[content], low, high

        return Contents(
            self.answer[index],
            self.size[index],
            rows(self.ranges),
            rows(self.pieces),
            list(itertools.compress(self.key, mask.tolist())),
        )


def equal_pairs(gold: Contents, predicted: Contents) -> tuple[Ints, Ints, Ints]:
    """Finds the answers that have a content with the same syllables.

    Args:
        gold: the gold contents.
        predicted: the predicted contents.

    Returns:
        The gold content and the predicted content of each pair whose syllables no other content of
        a side has, (n_pairs,) int64 each; then the gold contents, (n,) int64, whose syllables are
        those of other contents of a side, too.
    """
    of_key: dict[object, list[int]] = {}
    for content, key in enumerate(predicted.key):
        of_key.setdefault(key, []).append(content)
    times = Counter(key for key in gold.key if key in of_key)
    single, several = [], []
    for content, key in enumerate(gold.key):
        if key not in times:
            continue
        if times[key] == 1 and len(of_key[key]) == 1:
            single.append((content, of_key[key][0]))
        else:
            several.append(content)
    pairs = np.array(single, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array(several, dtype=np.int64)


def _columns(rows: list[tuple[int, int, int]]) -> tuple[Ints, Ints, Ints]:
    table = np.fromiter(itertools.chain.from_iterable(rows), np.int64, 3 * len(rows)).reshape(-1, 3)
    content, low, high = (np.ascontiguousarray(table[:, column]) for column in range(3))
    return content, low, high


@dataclass(frozen=True)
class Sharing:
    """Pairs of a gold and a predicted answer whose contents share enough syllables, each pair once,
    with the gold content that fits best.

    Args:
        gold: (n_pairs,) int64, gold answers.
        predicted: (n_pairs,) int64, predicted answers.
        shared: (n_pairs,) int64, syllables that both have.
        gold_size: (n_pairs,) int64, syllables of the gold content.
        predicted_size: (n_pairs,) int64, syllables of the predicted content.
    """

    gold: Ints
    predicted: Ints
    shared: Ints
    gold_size: Ints
    predicted_size: Ints

    def take(self, index: Ints) -> Sharing:
        """Some of the pairs."""
        return Sharing(
            self.gold[index],
            self.predicted[index],
            self.shared[index],
            self.gold_size[index],
            self.predicted_size[index],
        )

    def with_pairs(self, other: Sharing) -> Sharing:
        """These pairs and others, by gold answer."""
        columns = (
            np.concatenate([getattr(self, field.name), getattr(other, field.name)])
            for field in fields(self)
        )
        found = Sharing(*columns)
        return found.take(np.argsort(found.gold, kind="stable"))

    def at_least(self, minimum: Fraction) -> Sharing:
        """The pairs with this intersection over union."""
        union = self.gold_size + self.predicted_size - self.shared
        enough = self.shared * minimum.denominator >= union * minimum.numerator
        return self.take(np.flatnonzero(enough))


def sharing(gold: Contents, predicted: Contents, minimum: Fraction) -> Sharing:
    """Finds the pairs of answers with an intersection over union of at least ``minimum``, by any of
    the gold's contents.

    Args:
        gold: the gold contents.
        predicted: the predicted contents.
        minimum: the least intersection over union.
    """
    parts = list(_shared_ranges(gold, predicted, minimum))
    g, p, shared = (np.concatenate([part[column] for part in parts]) for column in range(3))
    found = Sharing(gold.answer[g], predicted.answer[p], shared, gold.size[g], predicted.size[p])
    if len(gold.first) < len(gold.answer):
        found = found.take(np.lexsort((found.predicted, found.gold)))
        again = (np.diff(found.gold) == 0) & (np.diff(found.predicted) == 0)
        found = _best(found, again) if again.any() else found
    return found


def _best(found: Sharing, again: Ints) -> Sharing:
    """Of several rows of a pair the one with the best syllable F, the first of equals.

    Args:
        found: the rows, by pair.
        again: (n_rows - 1,) bool, whether the next row is of the same pair.
    """
    begins = np.flatnonzero(np.concatenate([[True], ~again]))
    kept = [
        max(
            range(begin, end),
            key=lambda row: Fraction(
                int(found.shared[row]), int(found.gold_size[row] + found.predicted_size[row])
            ),
        )
        for begin, end in itertools.pairwise([*begins.tolist(), len(found.gold)])
    ]
    return found.take(np.array(kept, dtype=np.int64))


def _shared_ranges(
    gold: Contents, predicted: Contents, minimum: Fraction
) -> Iterable[tuple[Ints, Ints, Ints]]:
    """Gold content, predicted content and the number of syllables that they share."""

    def enough(part: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
        """The rows with the least intersection over union."""
        row, column, shared = part
        union = gold.size[row] + predicted.size[column] - shared
        kept = np.flatnonzero(shared * minimum.denominator >= union * minimum.numerator)
        return row[kept], column[kept], shared[kept]

    simple = _all_simple(gold) and _all_simple(predicted)
    order = np.argsort(predicted.ranges[1], kind="stable")
    p_content, p_low, p_high = (column[order] for column in predicted.ranges)
    g_content, g_low, g_high = gold.ranges
    none: Ints = np.zeros(0, np.int64)
    parts: list[tuple[Ints, Ints, Ints]] = [(none, none, none)]
    for begin in range(0, len(g_low), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        g, p = overlaps(g_low[block], g_high[block], p_low, p_high)
        g += begin
        shared = np.minimum(g_high[g], p_high[p]) - np.maximum(g_low[g], p_low[p])
        row, column = g_content[g], p_content[p]
        # Here, since nested contents share syllables with all others.
        parts.append(enough((row, column, shared)) if simple else (row, column, shared))
    if simple:
        return parts
    parts.append(_shared_pieces(gold, predicted))
    row, column, shared = (np.concatenate([part[number] for part in parts]) for number in range(3))
    pair, place = np.unique(row * max(len(predicted.size), 1) + column, return_inverse=True)
    total = np.bincount(place, weights=shared, minlength=len(pair)).astype(np.int64)
    width = max(len(predicted.size), 1)
    return [enough((pair // width, pair % width, total))]


def _all_simple(contents: Contents) -> bool:
    """Whether each content is one range of whole syllables."""
    return not len(contents.pieces[0]) and len(contents.ranges[0]) == len(contents.size)


def _shared_pieces(gold: Contents, predicted: Contents) -> tuple[Ints, Ints, Ints]:
    where: dict[Range, list[int]] = {}
    for content, start, end in zip(*(column.tolist() for column in predicted.pieces), strict=True):
        where.setdefault((start, end), []).append(content)
    rows = [
        (content, other, 1)
        for content, start, end in zip(*(column.tolist() for column in gold.pieces), strict=True)
        for other in where.get((start, end), ())
    ]
    return _columns(rows)
