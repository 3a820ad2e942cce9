"""The table of perturbations: what is Vietnamese and of newsrooms, each as edits of a page.

A perturbation reads text, segments and registry, never labels. ``invariance``: a reader sees no
difference worth the name, and no extractor should. ``stress``: something is lost or wrong, and the
task is harder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Literal

from vinewsie.model import Document
from vinewsie.perturbations.dates import date_edits, hyphenated, in_words, slashed
from vinewsie.perturbations.edits import Edit
from vinewsie.perturbations.names import SPACE, NamesInText, exonym_edits, joining_edits
from vinewsie.registry import Registry
from vinewsie.text import SYLLABLE

Kind = Literal["invariance", "stress"]

SEED = 20220815
WIDTH = 72
"""Columns at which hard line breaks are set."""
CUT = 12
"""Syllables of a teaser that stay when it is cut off."""
TYPOS = 20
"""Of so many syllables with diacritics, one is mistyped."""


@dataclass(frozen=True)
class Page:
    """What perturbations read: a page without its labels, and the registry."""

    document: Document
    registry: Registry = field(default_factory=Registry)

    @property
    def text(self) -> str:
        """The text."""
        return self.document.text


@dataclass(frozen=True)
class Perturbation:
    """A change of pages.

    Args:
        name: its name.
        kind: ``invariance`` or ``stress``.
        about: what it changes, in a line.
        example: a text before and after it.
        edits: makes the edits of a page.
        inverse: takes a changed text back, if the text was one that the inverse leaves as it is
            (a text that had a no-break space gets none back); None where no function can.
    """

    name: str
    kind: Kind
    about: str
    example: tuple[str, str]
    edits: Callable[[Page], Iterable[Edit]]
    inverse: Callable[[str], str] | None = None


def by_character(change: Callable[[str], str]) -> Callable[[Page], Iterator[Edit]]:
    """Edits that change each character by itself."""

    def edits(page: Page) -> Iterator[Edit]:
        for place, character in enumerate(page.text):
            yield Edit(place, place + 1, change(character))

    return edits


def by_pattern(
    pattern: str, new: str | Callable[[re.Match[str]], str]
) -> Callable[[Page], Iterator[Edit]]:
    """Edits that replace each match of a regular expression."""
    compiled = re.compile(pattern)

    def edits(page: Page) -> Iterator[Edit]:
        for match in compiled.finditer(page.text):
            yield Edit(*match.span(), match.expand(new) if isinstance(new, str) else new(match))

    return edits


# Unicode


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Characters with the combining marks that follow them."""
    starts = [n for n, c in enumerate(text) if n == 0 or not unicodedata.combining(c)]
    yield from pairwise([*starts, len(text)])


def _decomposed(page: Page) -> Iterator[Edit]:
    for start, end in _clusters(page.text):
        yield Edit(start, end, unicodedata.normalize("NFD", page.text[start:end]))


def _plain(cluster: str) -> str:
    """Letters without diacritics; đ is a letter of its own in Unicode."""
    parts = unicodedata.normalize("NFD", cluster.replace("đ", "d").replace("Đ", "D"))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _without_diacritics(page: Page) -> Iterator[Edit]:
    for start, end in _clusters(page.text):
        if page.text[start].isalpha():
            yield Edit(start, end, _plain(page.text[start:end]))


# Spelling

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OPEN = ("oa", "oe", "uy")
"""Rhymes without a final consonant whose tone mark stands on either letter (hòa, hoà)."""


def _tone(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if part in _TONES)


def _toneless(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))


def _swapped_tone(match: re.Match[str]) -> str:
    """The two letters of an open rhyme with the tone mark on the other one."""
    first, second = match.group()[0], match.group()[1]
    if _tone(first) and not _tone(second):
        moved = _toneless(first), second + _tone(first)
    elif _tone(second) and not _tone(first):
        moved = first + _tone(second), _toneless(second)
    else:
        return match.group()
    if (_toneless(first) + _toneless(second)).lower() not in _OPEN:
        return match.group()
    return unicodedata.normalize("NFC", "".join(moved))


_I_FOR_Y = str.maketrans("yýỳỷỹỵYÝỲỶỸỴ", "iíìỉĩịIÍÌỈĨỊ")
_Y_FOR_I = str.maketrans("iíìỉĩị", "yýỳỷỹỵ")


def _i_for_y(page: Page) -> Iterator[Edit]:
    """Not in names of several syllables: nobody writes Lí Hiển Long."""
    names = NamesInText(page.text, page.registry)
    for match in re.finditer(r"(?<!\w)[hklmstHKLMST][yýỳỷỹỵYÝỲỶỸỴ](?!\w)", page.text):
        if match.group()[0].islower() or not names.in_longer_name(*match.span()):
            yield Edit(*match.span(), match.group().translate(_I_FOR_Y))


def _telex(syllable: str) -> str:
    """The keys that are typed for a syllable, as they stay when the input method is off."""
    keys = {"\u0306": "w", "\u031b": "w", "\u0302": "^"}
    tones = dict(zip(_TONES, "fsxrj", strict=True))
    typed, tone = "", ""
    for part in unicodedata.normalize("NFD", syllable):
        if part in tones:
            tone = tones[part]
        elif part in keys:
            typed += typed[-1:] if keys[part] == "^" else keys[part]
        elif part in "đĐ":
            typed += "dd" if part == "đ" else "DD"
        else:
            typed += part
    return typed + tone


def _mistyped(page: Page) -> Iterator[Edit]:
    random = Random(f"{SEED} {page.text}")
    for match in SYLLABLE.finditer(page.text):
        if _plain(match.group()) != match.group() and random.randrange(TYPOS) == 0:
            yield Edit(*match.span(), _telex(match.group()))


# Marks and spaces


def _marks(open_: str, close: str) -> Callable[[Page], Iterator[Edit]]:
    """Sets quotation marks in another style; apostrophes and the signs of feet and inches stay."""

    def edits(page: Page) -> Iterator[Edit]:
        for place, opens in _quotation_marks(page.text):
            yield Edit(place, place + 1, open_ if opens else close)

    return edits


def _quotation_marks(text: str) -> Iterator[tuple[int, bool]]:
    """The places of the quotation marks, and whether each opens."""
    opened = -1
    """The place of the last mark that opens."""
    pending = 0
    """Straight double marks that opened and did not close."""
    for match in re.finditer("[\"“”„«»‘’']", text):
        place, mark = match.start(), match.group()
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if mark in "’'" and (
            (before.isalnum() and after.isalnum())
            or re.search(rf"(?:niên|năm){SPACE}[’']\d\d$", text[max(0, place - 5) : place + 3])
        ):
            continue  # D’Artagnan, thập niên ’90
        if mark == '"' and before.isdigit():
            feet = re.search(r"\d['’]\d+$", text[max(0, place - 5) : place])
            if feet or not pending:
                continue  # 5'10", 27"
        opens = mark in "“„«‘" or (
            mark in "\"'"
            and (
                not before
                or before.isspace()
                or before in "([–-—"
                or opened == place - 1
                # Not the end of "A:".
                or (before == ":" and (after.isalnum() or after in ("…", *"“„«‘'\"")))
            )
        )
        if opens:
            opened = place
        if mark == '"':
            pending = pending + 1 if opens else max(pending - 1, 0)
        yield place, opens


_SWAPPED_DASHES = str.maketrans({"-": "–", "–": "-", "—": "-"})


def _wrapped(page: Page) -> Iterator[Edit]:
    """A line break for the space before the word that would pass the width."""
    begin = 0
    last = -1
    for place, character in enumerate(page.text + "\n"):
        if character == "\n":
            begin, last = place + 1, -1
        elif character == " ":
            if place - begin > WIDTH and last >= 0:
                yield Edit(last, last + 1, "\n")
                begin = last + 1
            last = place


def _spaced(page: Page) -> Iterator[Edit]:
    """A space between a word and the punctuation beside it."""
    text = page.text
    for place in range(1, len(text)):
        left, right = text[place - 1], text[place]
        if left.isspace() or right.isspace() or left.isalnum() == right.isalnum():
            continue
        mark, other = (left, text[place - 2 : place - 1]) if right.isalnum() else (right, "")
        beyond = other if right.isalnum() else text[place + 1 : place + 2]
        inside = mark in "-.,/:’'_" and beyond.isalnum()
        category = unicodedata.category(mark)[0]
        if category == "P" and not inside:
            yield Edit(place, place, " ")


# Newsroom


def _upper_headlines(page: Page) -> Iterator[Edit]:
    for segment in page.document.segments:
        if segment.zone in ("headline", "teaser_headline"):
            for place in range(segment.start, segment.end):
                yield Edit(place, place + 1, page.text[place].upper())


def _cut_teasers(page: Page) -> Iterator[Edit]:
    for segment in page.document.segments:
        if segment.zone in ("teaser_headline", "teaser_lead"):
            found = [*SYLLABLE.finditer(page.text, segment.start, segment.end)]
            if len(found) > CUT:
                yield Edit(found[CUT - 1].end(), segment.end, "")
                yield Edit(segment.end, segment.end, "…")


def _dates(style: Callable[[list[str]], str]) -> Callable[[Page], Iterator[Edit]]:
    return lambda page: date_edits(page.text, style)


TABLE: tuple[Perturbation, ...] = (
    Perturbation(
        "nfd",
        "invariance",
        "Unicode's decomposed form (NFD)",
        ("Huế", unicodedata.normalize("NFD", "Huế")),
        _decomposed,
        inverse=lambda text: unicodedata.normalize("NFC", text),
    ),
    Perturbation(
        "tone-placement",
        "invariance",
        "the tone mark of oa, oe, uy on the other letter",
        ("Hòa ở Thuỵ Sĩ", "Hoà ở Thụy Sĩ"),
        by_pattern(r"(?<![qQ])[^\W\d_]{2}(?![^\W\d_])", _swapped_tone),
    ),
    Perturbation(
        "i-for-y",
        "invariance",
        "i for y alone after h, k, l, m, s, t; not in names of several syllables",
        ("kỹ sư ở Mỹ", "kĩ sư ở Mĩ"),
        _i_for_y,
    ),
    Perturbation(
        "y-for-i",
        "invariance",
        "y for i where both are in use: kỉ, kì, kĩ, kí, lí, mĩ, sĩ, tỉ, hi vọng; not in names",
        ("bác sĩ ở Thụy Sĩ", "bác sỹ ở Thụy Sĩ"),
        by_pattern(
            r"(?<![^\W_])(?:hi(?= (?:vọng|sinh))|k[íìỉĩị]|l[íị]|mĩ|sĩ|tỉ(?! mỉ)|tị)(?![^\W_])",
            lambda match: match.group().translate(_Y_FOR_I),
        ),
    ),
    Perturbation(
        "marks-straight",
        "invariance",
        'quotation marks as "…"',
        ("Ông nói “được”.", 'Ông nói "được".'),
        _marks('"', '"'),
    ),
    Perturbation(
        "marks-curly",
        "invariance",
        "quotation marks as “…”",
        ('Ông nói "được".', "Ông nói “được”."),
        _marks("“", "”"),
    ),
    Perturbation(
        "marks-single",
        "invariance",
        "quotation marks as ‘…’",
        ("Ông nói “được”.", "Ông nói ‘được’."),
        _marks("‘", "’"),
    ),
    Perturbation(
        "marks-guillemets",
        "invariance",
        "quotation marks as «…»",
        ("Ông nói “được”.", "Ông nói «được»."),
        _marks("«", "»"),
    ),
    Perturbation(
        "dashes",
        "invariance",
        "hyphens as dashes, and dashes as hyphens",
        ("Nga-Mỹ – hai nước", "Nga–Mỹ - hai nước"),
        by_character(lambda character: character.translate(_SWAPPED_DASHES)),
    ),
    Perturbation(
        "nbsp",
        "invariance",
        "no-break spaces for spaces",
        ("Hà Nội", "Hà\u00a0Nội"),
        by_pattern(" ", "\u00a0"),
        inverse=lambda text: text.replace("\u00a0", " "),
    ),
    Perturbation(
        "double-spaces",
        "invariance",
        "two spaces between words",
        ("Hà Nội", "Hà  Nội"),
        by_pattern(r"(?<! ) (?! )", "  "),
        inverse=lambda text: re.sub(r"(?<! )  (?! )", " ", text),
    ),
    Perturbation(
        "line-wraps",
        "invariance",
        f"hard line breaks at {WIDTH} columns",
        ("một hai " * 10 + "ba", ("một hai " * 9)[:-1] + "\nmột hai ba"),
        _wrapped,
        inverse=lambda text: text.replace("\n", " "),
    ),
    Perturbation(
        "zero-width",
        "invariance",
        "zero-width spaces behind commas, as content systems leave them",
        ("Nga, Mỹ", "Nga,\u200b Mỹ"),
        by_pattern(",(?= )", ",\u200b"),
        inverse=lambda text: text.replace("\u200b", ""),
    ),
    Perturbation(
        "joined-names",
        "invariance",
        "underscores in registered names and in titles and units, as word segmenters set them",
        ("Thủ tướng Ấn Độ ở Thái Lan", "Thủ_tướng Ấn_Độ ở Thái_Lan"),
        lambda page: joining_edits(page.text, page.registry),
        inverse=lambda text: text.replace("_", " "),
    ),
    Perturbation(
        "tokenised",
        "invariance",
        "spaces around punctuation, as tokenised corpora have them",
        ("Ông nói: “Được”.", "Ông nói : “ Được ”."),
        _spaced,
    ),
    Perturbation(
        "exonyms",
        "invariance",
        "the name of a place in another usage that the registry has",
        ("Mỹ và Bắc Hàn", "Hoa Kỳ và CHDCND Triều Tiên"),
        lambda page: exonym_edits(page.text, page.registry),
    ),
    Perturbation(
        "dates-in-words",
        "invariance",
        "ngày 12/10 and ngày 12-10 as ngày 12 tháng 10",
        ("ngày 12/10 và 2-9-1945", "ngày 12 tháng 10 và 2 tháng 9 năm 1945"),
        _dates(in_words),
    ),
    Perturbation(
        "dates-hyphenated",
        "invariance",
        "ngày 12/10 and ngày 12 tháng 10 as ngày 12-10",
        ("Ngày 12/10 và 2 tháng 9 năm 1945", "Ngày 12-10 và 2-9-1945"),
        _dates(hyphenated),
    ),
    Perturbation(
        "dates-slashed",
        "invariance",
        "ngày 12-10 and ngày 12 tháng 10 as ngày 12/10",
        ("ngày 12-10 và 2 tháng 9 năm 1945", "ngày 12/10 và 2/9/1945"),
        _dates(slashed),
    ),
    Perturbation(
        "upper-headlines",
        "stress",
        "headlines in capitals",
        ("Nga gặp Mỹ", "NGA GẶP MỸ"),
        _upper_headlines,
    ),
    Perturbation(
        "lower-case",
        "stress",
        "no capitals",
        ("Nga gặp Mỹ", "nga gặp mỹ"),
        by_character(str.lower),
    ),
    Perturbation(
        "no-diacritics",
        "stress",
        "no diacritics, and d for đ",
        ("Đà Nẵng", "Da Nang"),
        _without_diacritics,
    ),
    Perturbation(
        "telex-typos",
        "stress",
        f"one syllable of {TYPOS} with diacritics as the keys of Telex",
        ("Việt Nam, trang 5", "Vieetj Nam, trang 5"),
        _mistyped,
    ),
    Perturbation(
        "teasers-cut",
        "stress",
        f"teasers cut off after {CUT} syllables; labels of what is cut go with it",
        ("một " * 14 + "hai", "một " * 11 + "một…"),
        _cut_teasers,
    ),
)
"""All perturbations, in the order in which they are shown."""

PERTURBATIONS = {one.name: one for one in TABLE}
