"""The normalised text that the rules match, its lines and tokens, and the way back to the offsets
of the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from vinewsie.baseline.word_lists import words
from vinewsie.model import Document, Span
from vinewsie.text import SYLLABLE, day_of
from vinewsie.text import lines as text_lines

_SPACES = (
    "\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_HYPHENS = "\u2010\u2011\u00ad"
_SAME_LENGTH = str.maketrans(
    {**dict.fromkeys(_SPACES, " "), **dict.fromkeys(_HYPHENS, "-"), "Ð": "Đ", "ð": "đ"}
)
_LATE_TONE = re.compile(r"(?:[oO][àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ]|(?<![qQ])[uU][ỳýỷỹỵỲÝỶỸỴ])(?![^\W\d_])")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_HEADLINE_ZONES = frozenset({"headline", "subheading", "teaser_headline"})
_ABBREVIATIONS = words("abbreviations")
_VIETNAMESE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    r"(?:iêu|yêu|oai|oay|uôi|ươi|ươu|uây|uya|oeo|ia|iê|yê|ua|uô|ưa|ươ|oa|oe|oo|uê|uy|uâ|uơ|ai|ay"
    r"|ao|au|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|oă|uyê|[aăâeêioôơuưy])"
    r"(?:ng|nh|ch|[cmnpt])?"
)
_LONGEST_SYLLABLE = 7
"""In letters: nghiêng."""


@dataclass(frozen=True)
class NormalisedText:
    """A text in one normal form.

    ``starts`` and ``ends`` give for every character the offsets of its origin in the original
    text: (n_characters,) int, code points; None where the offsets are the same.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> Span:
        """The span of the original text for a non-empty span of the normalised one."""
        if self.starts is None or self.ends is None:
            return Span(start=start, end=end)
        return Span(start=self.starts[start], end=self.ends[end - 1])


class NewsLine(NamedTuple):
    """A line of the normalised text, with its anchor date and whether it is a headline."""

    start: int
    end: int
    anchor: date | None
    headline: bool


class Token(NamedTuple):
    """A syllable or foreign word of the normalised text.

    ``cap``: it begins with a capital; ``initial``: it may begin a sentence, so that its capital
    proves nothing.
    """

    start: int
    end: int
    text: str
    lower: str
    cap: bool
    initial: bool


def normalise(text: str) -> NormalisedText:
    """A text in NFC, with plain spaces and hyphens, the tone mark of òa and úy on the first vowel,
    and Đ for Ð.
    """
    if unicodedata.is_normalized("NFC", text):
        return NormalisedText(_unified(text))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in re.finditer(r"(?s).(?:[\u0300-\u036f]+)?", text):
        piece = unicodedata.normalize("NFC", match.group())
        pieces.append(piece)
        starts.extend([match.start()] * len(piece))
        ends.extend([match.end()] * len(piece))
    return NormalisedText(_unified("".join(pieces)), starts, ends)


def _unified(text: str) -> str:
    """An NFC text with the replacements that keep its length."""
    return _LATE_TONE.sub(_early_tone, text.translate(_SAME_LENGTH))


def _early_tone(match: re.Match[str]) -> str:
    vowels = match.group()
    decomposed = unicodedata.normalize("NFD", vowels[1])
    return unicodedata.normalize("NFC", vowels[0] + decomposed[1]) + decomposed[0]


def news_lines(document: Document, text: NormalisedText) -> list[NewsLine]:
    """The lines of a document, each with the anchor date and zone of its segment.

    Without segments there is no anchor date, and the first line is the headline.
    """
    spans = list(text_lines(text.text))
    segments = document.segments
    if not segments:
        return [NewsLine(*span, None, index == 0) for index, span in enumerate(spans)]
    lines: list[NewsLine] = []
    current = 0
    for start, end in spans:
        origin = text.original(start, end).start
        while current + 1 < len(segments) and segments[current + 1].start <= origin:
            current += 1
        segment = segments[current]
        headline = segment.zone in _HEADLINE_ZONES
        lines.append(NewsLine(start, end, day_of(segment.anchor_date), headline))
    return lines


def tokenise(text: str, line: NewsLine) -> list[Token]:
    """The tokens of a line of the normalised text."""
    tokens: list[Token] = []
    previous: Token | None = None
    for match in SYLLABLE.finditer(text, line.start, line.end):
        word = match.group()
        cap = word[:2] != word[:2].lower()
        initial = previous is None or _ends_sentence(previous, text[previous.end : match.start()])
        previous = Token(*match.span(), word, word.lower(), cap, initial)
        tokens.append(previous)
    return tokens


def _ends_sentence(token: Token, gap: str) -> bool:
    """Whether the characters between a token and the next one may end a sentence."""
    bare = gap.strip()
    if bare == "." and (token.lower in _ABBREVIATIONS or (len(token.text) == 1 and token.cap)):
        return False
    if len(gap) > 1 and bare.startswith(tuple(".!?…:;")):
        return True
    return bare.endswith(tuple("“\"‘'«•*–—"))


def is_vietnamese(word: str) -> bool:
    """Whether a word has the shape of a Vietnamese syllable."""
    return len(word) <= _LONGEST_SYLLABLE and _VIETNAMESE.fullmatch(toneless(word)) is not None


def toneless(word: str) -> str:
    """A word in lower case without its tone mark; the vowels keep their signs (â, ơ)."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
