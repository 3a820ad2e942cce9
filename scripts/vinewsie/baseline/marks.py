"""Quotation marks: the pairs of a line, their function without a reporting word, and the sentences
that do not end between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from vinewsie.baseline.surface import NewsLine
from vinewsie.baseline.word_lists import alternatives
from vinewsie.scheme.marks import PARTNERS, quotation_marks
from vinewsie.text import SYLLABLE

Range = tuple[int, int]
"""Start and end in the normalised text, in code points."""

_SINGLE = frozenset("'‘’‛‹›")
_OPENING = frozenset("“„‟«‹‘‛")
_ALSO_CLOSING = frozenset("‘“")
_NEUTRAL = frozenset("\"'")
_MOST_OPEN = 8
"""Most marks that wait for their partner; of more, the first one counts as unclosed."""
_FARTHEST_CLOSE = 1500
"""How far the lines after an open mark are searched for its partner, in code points."""
_FARTHEST_END = 600
"""Longest content without a closing mark, in code points."""
_UNCLOSED_END = re.compile(r"[.!?…](?:(?=\s|$)|[.!?…])")

_TITLE = re.compile(rf"{alternatives('work_nouns')} $", re.IGNORECASE)
_TERM = re.compile(rf"{alternatives('term_nouns')} $", re.IGNORECASE)
_LONG = 7
"""From this number of syllables on, words in quotation marks are speech."""

_SENTENCE_END = re.compile(r"[.!?…]{1,6}[\"”’»')]{0,3}(?= {1,4}[^\sa-zà-ỹ])")
_ABBREVIATED = re.compile(r"(?:^|[\s(])(?:[A-ZĐ]|TS|GS|PGS|ThS|BS|TP|Mr|Mrs|Dr|St|Tp|Lm)\.$")
_LONGEST_SENTENCE = 2500
"""In code points; longer sentences are cut."""


@dataclass(frozen=True)
class MarkPair:
    """A pair of quotation marks and the span of its content; ``close`` is None if there is no
    closing mark.
    """

    start: int
    end: int
    open: str
    close: str | None

    @property
    def outer_end(self) -> int:
        """The offset after the closing mark, or after the content if there is none."""
        return self.end + (self.close is not None)

    def syllables(self, text: str) -> int:
        """The number of syllables between the marks, counted up to the limit of ``is_long``."""
        return sum(1 for _ in islice(SYLLABLE.finditer(text, self.start, self.end), _LONG + 1))

    def is_long(self, text: str) -> bool:
        """Whether the content is so long that it must be speech."""
        count = self.syllables(text)
        return count > _LONG or (count == _LONG and text[self.start].isupper())

    def is_work(self, text: str) -> bool:
        """Whether a noun of works stands before the marks."""
        return _TITLE.search(text[max(0, self.start - 30) : self.start - 1]) is not None

    def function(self, text: str, line: NewsLine) -> str:
        """The function of a pair without a reporting word."""
        before = text[max(line.start, self.start - 30) : self.start - 1]
        if _TITLE.search(before):
            return "title"
        return "term" if _TERM.search(before) else "scare"


def find_pairs(text: str, line: NewsLine) -> list[MarkPair]:
    """The pairs of quotation marks of a line in the order of the text, without closing marks that
    nothing opened and pairs without content.
    """
    offsets = [line.start + offset for offset in quotation_marks(text[line.start : line.end])]
    odd = {mark for mark in _NEUTRAL if sum(text[offset] == mark for offset in offsets) % 2}
    pairs: list[MarkPair] = []
    waiting: list[int] = []
    for offset in offsets:
        mark = text[offset]
        opens = _stands_open(text, offset, line)
        position = _partner(text, waiting, mark, opens, odd)
        if position is not None:
            opening = waiting[position]
            pairs.extend(_unclosed(text, line, waiting[position + 1 :]))
            pairs.append(MarkPair(opening + 1, offset, text[opening], mark))
            del waiting[position:]
        elif opens or mark in _OPENING:
            waiting.append(offset)
            if len(waiting) > _MOST_OPEN:
                pairs.extend(_unclosed(text, line, [waiting.pop(0)]))
    pairs.extend(_unclosed(text, line, waiting))
    return sorted(
        (pair for pair in pairs if pair.start < pair.end), key=lambda pair: (pair.start, -pair.end)
    )


def _stands_open(text: str, offset: int, line: NewsLine) -> bool:
    """Whether a mark stands where a quotation opens: nothing, a space, a bracket or another mark
    before it, no space after it.
    """
    before = text[offset - 1] if offset > line.start else " "
    after = text[offset + 1] if offset + 1 < line.end else " "
    return not after.isspace() and (before.isspace() or before in "([{-–—:,/“\"‘'«")


def _partner(
    text: str, waiting: Sequence[int], mark: str, opens: bool, odd: set[str]
) -> int | None:
    """The opening mark that ``mark`` closes.

    Args:
        text: the normalised text.
        waiting: the offsets of the opening marks without a partner.
        mark: the mark that may close one of them.
        opens: whether it stands where a quotation opens.
        odd: the neutral marks of which the line has an odd number.

    Returns:
        An index of ``waiting``, None if the mark closes none.
    """
    if (mark in _OPENING and mark not in _ALSO_CLOSING) or (mark in odd and opens):
        return None
    if not (mark in _ALSO_CLOSING and opens):
        for position in reversed(range(len(waiting))):
            if mark in PARTNERS.get(text[waiting[position]], ""):
                return position
    if (
        waiting
        and not opens
        and mark not in _OPENING
        and (text[waiting[-1]] in _SINGLE) == (mark in _SINGLE)
    ):
        return len(waiting) - 1
    return None


def _unclosed(text: str, line: NewsLine, offsets: Sequence[int]) -> Iterator[MarkPair]:
    """The pairs of opening marks without a closing one; their content ends with the sentence."""
    for offset in offsets:
        limit = min(line.end, offset + _FARTHEST_END)
        match = _UNCLOSED_END.search(text, offset + 1, limit)
        end = match.start() if match else limit
        while end > offset + 1 and text[end - 1].isspace():
            end -= 1
        yield MarkPair(offset + 1, end, text[offset], None)


def closing_mark(text: str, start: int, opened: str) -> int | None:
    """The mark in the following lines that closes a mark which its own line leaves open.

    Args:
        text: the normalised text.
        start: the end of the line with the open mark.
        opened: the open mark.

    Returns:
        The offset of the closing mark; None if no mark is near or if another quotation opens first,
        unless every line opens anew.
    """
    family = _SINGLE | {"'"} if opened in _SINGLE else frozenset('"“”„«»')
    stop = min(len(text), start + _FARTHEST_CLOSE)
    opened_at = start
    for offset in range(start, stop):
        if text[offset] not in family:
            continue
        before, after = text[offset - 1], text[offset + 1 : offset + 2]
        if after.isalnum() and before.isalnum():
            continue
        if not before.isspace() and not after.isalnum():
            return offset
        if before != "\n" or text.count("\n", opened_at, offset) != 1:
            return None
        opened_at = offset
    return None


def sentences(text: str, line: NewsLine, pairs: Sequence[MarkPair]) -> Iterator[Range]:
    """The sentences of a line; none ends between a pair of marks, none is longer than a limit.

    Args:
        text: the normalised text.
        line: a line of it.
        pairs: the pairs of marks of the line, in the order of the text.
    """
    start, first = line.start, 0
    for match in _SENTENCE_END.finditer(text, line.start, line.end):
        while first < len(pairs) and pairs[first].outer_end <= match.start():
            first += 1
        inside = any(
            pair.start <= match.start() and match.end() <= pair.end and pair.close
            for pair in pairs[first : first + 3]
        )
        if inside or _ABBREVIATED.search(text[max(start, match.start() - 4) : match.start() + 1]):
            continue
        yield from _cut(start, match.end())
        start = match.end()
    yield from _cut(start, line.end)


def _cut(start: int, end: int) -> Iterator[Range]:
    for begin in range(start, end, _LONGEST_SENTENCE):
        yield begin, min(begin + _LONGEST_SENTENCE, end)
