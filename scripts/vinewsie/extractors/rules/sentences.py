"""Sentences of a line, none of which ends between a pair of quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vinewsie.extractors.rules.marks import Pair
from vinewsie.extractors.rules.surface import Line

Range = tuple[int, int]
_SENTENCE_END = re.compile(r"[.!?…]{1,6}[\"”’»')]{0,3}(?= {1,4}[^\sa-zà-ỹ])")
_ABBREVIATED = re.compile(r"(?:^|[\s(])(?:[A-ZĐ]|TS|GS|PGS|ThS|BS|TP|Mr|Mrs|Dr|St|Tp|Lm)\.$")
_LONGEST = 2500


def sentences(text: str, line: Line, pairs: list[Pair]) -> Iterator[Range]:
    """The sentences of a line; none ends between a pair of marks, none is longer than a bound."""
    start, held = line.start, 0
    for match in _SENTENCE_END.finditer(text, line.start, line.end):
        end = match.end()
        while held < len(pairs) and pairs[held].outer_end <= match.start():
            held += 1
        inside = any(pair.start <= match.start() and match.end() <= pair.end and pair.close for pair in pairs[held : held + 3])
        if inside or _ABBREVIATED.search(text[max(start, match.start() - 4) : match.start() + 1]):
            continue
        yield from _bounded(start, end)
        start = end
    yield from _bounded(start, line.end)


def _bounded(start: int, end: int) -> Iterator[Range]:
    while end - start > _LONGEST:
        yield start, start + _LONGEST
        start += _LONGEST
    if start < end:
        yield start, end
