"""The words of a line and the names that the gazetteer knows among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vinewsie.extractors.rules import gazetteer, lexicon
from vinewsie.extractors.rules.surface import WORD, Line, Token


@dataclass(frozen=True)
class Mention:
    """A name in the working copy; ``title`` is what stands before a person's name, ``gender`` m, f or empty."""

    start: int
    end: int
    text: str
    type: str
    gender: str = ""
    title: str = ""


_JOINERS = frozenset({" ", "-", ".", "'", "’", "&", " & ", "+"})

Names = Mapping[str, list[tuple[tuple[str, ...], int, str]]]
"""The gazetteer by the first syllable: all syllables of a name, the first one that must have a capital, the type."""


def _gazetteer() -> Names:
    index: dict[str, list[tuple[tuple[str, ...], int, str]]] = {}
    lists = [
        ("GPE", gazetteer.COUNTRIES + gazetteer.CITIES), ("LOC", gazetteer.REGIONS), ("ORG", gazetteer.ORGANISATIONS),
        ("EVENT", gazetteer.EVENTS), ("PROD", gazetteer.PRODUCTS), ("MISC", gazetteer.WORKS), ("PER", gazetteer.PEOPLE),
    ]  # fmt: skip
    for type_, text in lists:
        for name in lexicon.names(text):
            parts = WORD.findall(name)
            capital = next((i for i, part in enumerate(parts) if not part[0].islower()), 0)
            key = tuple(part.lower() for part in parts)
            entries = index.setdefault(key[0], [])
            if key not in [entry[0] for entry in entries]:
                entries.append((key, capital, type_))
    for entries in index.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return index


NAMES = _gazetteer()
_COUNTRY_KEYS = frozenset(tuple(part.lower() for part in WORD.findall(name)) for name in lexicon.names(gazetteer.COUNTRIES))
_SHORT = frozenset(name.lower() for name in lexicon.names(gazetteer.ABBREVIATED) if " " not in name)


@dataclass
class Words:
    """The words of one line, with what can be asked of them; ``people`` holds the name parts of people named in full."""

    text: str
    line: Line
    people: set[str]
    tokens: list[Token]
    found: list[Mention] = field(default_factory=list)
    shouting: bool = False

    def known(self, i: int) -> tuple[int, str]:
        """The longest name of the gazetteer at token ``i``: its length in tokens and its type."""
        for key, capital, type_ in NAMES.get(self.tokens[i].lower, ()):
            if i + len(key) > len(self.tokens) or (not self.tokens[i + capital].cap and not self.tokens[i + capital].text[0].isdigit()):
                continue
            if capital and self.tokens[i].cap and not (self.tokens[i].initial or self.shouting or len(key) > 2 or type_ == "LOC"):
                continue
            if len(key) == 1 and self.tokens[i].text.isupper() is False and key[0] in lexicon.UPPER_ONLY:
                continue
            if all(self.tokens[i + k].lower == part and self._joined(i + k) for k, part in enumerate(key) if k):
                return len(key), type_
        if self.tokens[i].lower in _SHORT and self.tokens[i].cap and (self._paired(i, -1) or self._paired(i, 1)):
            return 1, "GPE"
        return 0, ""

    def _paired(self, i: int, step: int) -> bool:
        """Whether a hyphen joins token ``i`` to a country on one side."""
        j = i + step
        if not 0 <= j < len(self.tokens) or not self.tokens[j].cap:
            return False
        left, right = sorted((i, j))
        gap = self.text[self.tokens[left].end : self.tokens[right].start]
        if gap.strip() not in {"-", "–"} or len(gap) > 3:
            return False
        before = tuple(token.lower for token in self.tokens[max(0, j - 1) : j + 1])
        after = tuple(token.lower for token in self.tokens[j : j + 2])
        return self.tokens[j].lower in _SHORT or not {before, after, before[-1:], after[:1]}.isdisjoint(_COUNTRY_KEYS)

    def phrase(self, listed: lexicon.Phrases, i: int) -> int:
        """The length of the longest listed phrase at token ``i``, 0 if there is none."""
        if i >= len(self.tokens) or not (longest := listed.longest.get(self.tokens[i].lower)):
            return 0
        for length in range(min(longest, len(self.tokens) - i), 0, -1):
            if tuple(t.lower for t in self.tokens[i : i + length]) in listed and all(map(self._adjacent, range(i + 1, i + length))):
                return length
        return 0

    def _adjacent(self, i: int) -> bool:
        """Whether only spaces stand between token ``i`` and the one before."""
        return i == 0 or (i < len(self.tokens) and self.text[self.tokens[i - 1].end : self.tokens[i].start] in {" ", "  "})

    def _joined(self, i: int, comma: bool = False) -> bool:
        """Whether token ``i`` may go on with the name before it."""
        gap = self.text[self.tokens[i - 1].end : self.tokens[i].start]
        return gap in _JOINERS or (comma and gap == ", ")

    def _cap_follows(self, i: int) -> bool:
        return i + 1 < len(self.tokens) and self.tokens[i + 1].cap and self._adjacent(i + 1)

    def _texts(self, i: int, length: int) -> list[str]:
        return [token.text for token in self.tokens[i : i + length]]

    def _before(self, i: int) -> set[tuple[str, ...]]:
        """The phrases of one to three syllables that end right before token ``i``."""
        found: set[tuple[str, ...]] = set()
        for length in range(1, min(3, i) + 1):
            if not self._adjacent(i - length + 1):
                break
            found.add(tuple(token.lower for token in self.tokens[i - length : i]))
        return found

    def _title(self, i: int) -> int:
        length = self.phrase(lexicon.TITLES, i)
        token = self.tokens[i]
        if not length and token.lower in lexicon.HONORIFICS and (token.text.islower() or token.initial or self._cap_follows(i)):
            length = 1 if self._cap_follows(i) or (self.phrase(lexicon.TITLES, i + 1) and self._adjacent(i + 1)) else 0
            if (token.cap and self.known(i)[0] > 1) or (token.lower == "anh" and token.cap and not token.initial):
                return 0
        return 0 if max((self.phrase(heads, i) for heads in lexicon.PLACE_HEADS.values()), default=0) > length else length
