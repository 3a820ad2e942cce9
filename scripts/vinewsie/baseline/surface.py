"""A working copy of a text that the rules can match, with the way back to the offsets of the text
itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from vinewsie.model import Document, Span
from vinewsie.text import day_of
from vinewsie.text import lines as text_lines

WORD = re.compile(r"[^\W_]+")
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys(
            "\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a",
            " ",
        ),
        **dict.fromkeys("\u2028\u2029\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u2010\u2011\u00ad", "-"),
        "Ð": "Đ",
        "ð": "đ",
    }
)
_LATE_TONE = re.compile(r"(?:[oO][àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ]|(?<![qQ])[uU][ỳýỷỹỵỲÝỶỸỴ])(?![^\W\d_])")
_HEADLINE_ZONES = frozenset({"headline", "subheading", "teaser_headline"})
_ABBREVIATIONS = frozenset(
    ["ts", "gs", "pgs", "ths", "bs", "ks", "tp", "mr", "mrs", "ms", "dr", "st", "lm", "đgm"]
)
_VIETNAMESE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    r"(?:iêu|yêu|oai|oay|uôi|ươi|ươu|uây|uya|oeo|ia|iê|yê|ua|uô|ưa|ươ|oa|oe|oo|uê|uy|uâ|uơ|ai|ay|ao|au|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|oă|uyê"
    r"|[aăâeêioôơuưy])(?:ng|nh|ch|[cmnpt])?"
)


@dataclass(frozen=True)
class View:
    """A text in one normal form; ``starts``/``ends`` give the offsets of every character's source,
    None where they are the same.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """The span of the original text for a span of the working copy that is not empty."""
        if self.starts is None or self.ends is None:
            return Span(start=start, end=end)
        return Span(start=self.starts[start], end=self.ends[end - 1])


class Token(NamedTuple):
    """A syllable or word with its place; ``initial`` says that its capital may be that of a
    sentence.
    """

    start: int
    end: int
    text: str
    lower: str
    cap: bool
    initial: bool


class Line(NamedTuple):
    """A line of the working copy."""

    start: int
    end: int
    anchor: date | None
    headline: bool


def view_of(text: str) -> View:
    """The working copy: NFC, plain spaces and hyphens, the tone mark of òa and úy on the first
    vowel, Đ for Ð.
    """
    if unicodedata.is_normalized("NFC", text):
        return View(_clean(text))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in re.finditer(r"(?s).(?:[\u0300-\u036f]+)?", text):
        piece = unicodedata.normalize("NFC", match.group())
        pieces.append(piece)
        starts.extend([match.start()] * len(piece))
        ends.extend([match.end()] * len(piece))
    return View(_clean("".join(pieces)), starts, ends)


def _clean(text: str) -> str:
    return _LATE_TONE.sub(_early_tone, text.translate(_SAME_LENGTH))


def _early_tone(match: re.Match[str]) -> str:
    found = match.group()
    split = unicodedata.normalize("NFD", found[1])
    return unicodedata.normalize("NFC", found[0] + split[1]) + split[0]


def lines_of(document: Document, view: View) -> list[Line]:
    """The lines of the working copy: the document's segments, or without any the lines of the text,
    the first one a headline.
    """
    found = [
        (start, end, None, index == 0) for index, (start, end) in enumerate(text_lines(view.text))
    ]
    if not document.segments:
        return [Line(*line) for line in found]
    lines: list[Line] = []
    position = 0
    for start, end, _, _ in found:
        origin = view.span(start, end).start
        while (
            position + 1 < len(document.segments)
            and document.segments[position + 1].start <= origin
        ):
            position += 1
        segment = document.segments[position]
        headline = segment.zone in _HEADLINE_ZONES
        lines.append(Line(start, end, day_of(segment.anchor_date), headline))
    return lines


def tokens_of(text: str, line: Line) -> list[Token]:
    """The tokens of a line."""
    tokens: list[Token] = []
    previous: Token | None = None
    for match in WORD.finditer(text, line.start, line.end):
        word = match.group()
        gap = text[previous.end : match.start()] if previous else ""
        token = Token(
            *match.span(), word, word.lower(), word[:2] != word[:2].lower(), _begins(previous, gap)
        )
        tokens.append(token)
        previous = token
    return tokens


def _begins(previous: Token | None, gap: str) -> bool:
    """Whether a token after ``gap`` may begin a sentence."""
    if previous is None:
        return True
    bare = gap.strip()
    if bare == "." and (
        previous.lower in _ABBREVIATIONS or (len(previous.text) == 1 and previous.cap)
    ):
        return False
    if len(gap) > 1 and bare[:1] and bare[0] in ".!?…:;":
        return True
    return bare[-1:] != "" and bare[-1] in "“\"‘'«•*–—"


def vietnamese(word: str) -> bool:
    """Whether a word has the shape of a Vietnamese syllable."""
    return len(word) <= 7 and _VIETNAMESE.fullmatch(toneless(word)) is not None


def toneless(word: str) -> str:
    """A word in lower case without its tone mark (the vowel signs stay)."""
    if word.isascii():
        return word.lower()
    plain = "".join(
        c
        for c in unicodedata.normalize("NFD", word.lower())
        if c not in "\u0300\u0301\u0303\u0309\u0323"
    )
    return unicodedata.normalize("NFC", plain)
