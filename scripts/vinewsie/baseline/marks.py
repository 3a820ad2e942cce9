"""Quotation marks: pairing the marks of a line, and what a pair is for when no reporting words
govern it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vinewsie.baseline.surface import WORD, Line
from vinewsie.scheme.marks import PARTNERS, quotation_marks

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
        inside = any(
            pair.start <= match.start() and match.end() <= pair.end and pair.close
            for pair in pairs[held : held + 3]
        )
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


_SINGLE = frozenset("'‘’‛‹›")
_OPENERS = frozenset("“„‟«‹‘‛")
_NEUTRAL = frozenset("\"'")
_END = re.compile(r"[.!?…](?:(?=\s|$)|[.!?…])")
_TITLE = re.compile(
    r"(?:cuốn|sách|tác phẩm|phim|bộ phim|bài hát|ca khúc|vở|tiểu thuyết|bài thơ|bài báo|bài viết|tựa đề|tiêu đề"
    r"|mang tên|nhan đề|có tên|bức tranh) $",
    re.IGNORECASE,
)
_TERM = re.compile(r"(?:thuật ngữ|cụm từ|khái niệm|chữ|từ ngữ|danh từ|định nghĩa) $", re.IGNORECASE)
_LONG = 7
_DEEPEST = 8
_REACH = 600


@dataclass(frozen=True)
class Pair:
    """What stands between two marks of the working copy; ``close`` is None when there is no closing
    mark.
    """

    start: int
    end: int
    open: str
    close: str | None

    @property
    def outer_end(self) -> int:
        """The offset after the closing mark, or after the content if there is none."""
        return self.end + (self.close is not None)


def pairs_of(text: str, line: Line) -> list[Pair]:
    """The pairs of quotation marks of a line, in the order of the text; a closing mark that nothing
    opened is left out.
    """
    offsets = [line.start + offset for offset in quotation_marks(text[line.start : line.end])]
    odd = {mark for mark in _NEUTRAL if sum(text[o] == mark for o in offsets) % 2}
    pairs: list[Pair] = []
    open_: list[int] = []
    for offset in offsets:
        mark = text[offset]
        opens = _stands_open(text, offset, line)
        position = _partner(text, open_, mark, opens, odd)
        if position is not None:
            pairs.extend(_unclosed(text, line, open_[position + 1 :]))
            pairs.append(Pair(open_[position] + 1, offset, text[open_[position]], mark))
            del open_[position:]
        elif opens or mark in _OPENERS:
            open_.append(offset)
            if len(open_) > _DEEPEST:
                pairs.extend(_unclosed(text, line, open_[:1]))
                del open_[0]
    pairs.extend(_unclosed(text, line, open_))
    return sorted(
        (pair for pair in pairs if pair.start < pair.end), key=lambda pair: (pair.start, -pair.end)
    )


def _stands_open(text: str, offset: int, line: Line) -> bool:
    """Whether a mark stands where a quotation opens: nothing or a space before it, something after
    it.
    """
    before = text[offset - 1] if offset > line.start else " "
    after = text[offset + 1] if offset + 1 < line.end else " "
    return not after.isspace() and (before.isspace() or before in "([{-–—:,/“\"‘'«")


def _partner(text: str, open_: list[int], mark: str, opens: bool, odd: set[str]) -> int | None:
    """The open mark that ``mark`` closes, as a position in ``open_``."""
    if (mark in _OPENERS and mark not in "‘“") or (mark in odd and opens):
        return None
    for position in range(len(open_) - 1, -1, -1):
        if mark in PARTNERS.get(text[open_[position]], "") and not (mark in "“‘" and opens):
            return position
    if (
        open_
        and not opens
        and mark not in _OPENERS
        and (text[open_[-1]] in _SINGLE) == (mark in _SINGLE)
    ):
        return len(open_) - 1
    return None


def _unclosed(text: str, line: Line, offsets: list[int]) -> Iterator[Pair]:
    for offset in offsets:
        limit = min(line.end, offset + _REACH)
        end = match.start() if (match := _END.search(text, offset + 1, limit)) else limit
        while end > offset + 1 and text[end - 1].isspace():
            end -= 1
        yield Pair(offset + 1, end, text[offset], None)


def length(text: str, pair: Pair) -> int:
    """The number of syllables between the marks, counted up to the length that matters."""
    return sum(
        1 for _, _ in zip(WORD.finditer(text, pair.start, pair.end), range(_LONG + 1), strict=False)
    )


def long(text: str, pair: Pair) -> bool:
    """Whether so much stands between the marks that somebody must have said it."""
    return (length(text, pair) >= _LONG and text[pair.start].isupper()) or length(
        text, pair
    ) > _LONG


def function_without_cue(text: str, pair: Pair, line: Line) -> str:
    """What a pair is for that no quotation holds."""
    before = text[max(line.start, pair.start - 30) : pair.start - 1]
    if _TITLE.search(before):
        return "title"
    return "term" if _TERM.search(before) else "scare"
