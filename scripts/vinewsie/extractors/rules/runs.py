"""Runs of capitalised words that no list knows, and what they are most likely to name."""

from __future__ import annotations

from vinewsie.extractors.rules import lexicon
from vinewsie.extractors.rules.names import Words
from vinewsie.extractors.rules.surface import toneless, vietnamese

_PARTICLES = frozenset(
    ["de", "da", "del", "der", "den", "van", "von", "bin", "ibn", "al", "el", "la", "le", "du", "di", "dos", "abu", "ben", "y"]
)
_MAX_RUN = 6


class Runs(Words):
    """Finds where a run of capitals ends and what type of name it is."""

    def _run(self, i: int, title: str, plain: bool = False) -> tuple[int, str]:
        """A run of capitals from token ``i`` on: its length and type; length 0 if it is no name."""
        j = i + 1
        while j < len(self.tokens) and j - i < _MAX_RUN:
            token, gap = self.tokens[j], self.text[self.tokens[j - 1].end : self.tokens[j].start]
            dotted = gap == ". " and len(self.tokens[j - 1].text) == 1
            if gap in {"-", "'", "’"} and token.text[0].isalpha():
                if (self.known(j)[0] and token.cap) or (token.text.islower() and j == i + 1 and vietnamese(token.text)):
                    break
            elif not (gap == " " or dotted):
                break
            elif not token.cap:
                follows = (
                    j + 1 < len(self.tokens) and self.tokens[j + 1].cap and self.text[token.end : self.tokens[j + 1].start] in {" ", "-"}
                )
                if token.lower not in _PARTICLES or not follows or (token.lower in {"la", "da"} and vietnamese(self.tokens[j - 1].text)):
                    break
            elif self._title(j) or self._stops(i, j):
                break
            j += 1
        while j - 1 > i and self.tokens[j - 1].text.islower() and self.text[self.tokens[j - 1].start - 1] == " ":
            j -= 1
        return (j - i, "LOC") if plain else self._typed(i, j - i, title)

    def _stops(self, i: int, j: int) -> bool:
        """Whether another name begins at token ``j`` of a run that began at ``i``."""
        length, type_ = self.known(j)
        if not length or (self.tokens[i].lower in lexicon.SURNAMES and length == 1):
            return False
        return length > 1 or type_ == "ORG" or (vietnamese(self.tokens[j].text) and not vietnamese(self.tokens[i].text))

    def _typed(self, i: int, length: int, title: str) -> tuple[int, str]:
        """The type of the run of capitals at token ``i``, or length 0."""
        token = self.tokens[i]
        syllabic = vietnamese(token.text)
        surname = token.lower in lexicon.SURNAMES
        if title and not (length == 1 and syllabic and title not in lexicon.HONORIFICS and title.split(" ")[-1] not in lexicon.HONORIFICS):
            return length, "PER"
        before = self._before(i)
        if not token.initial:
            if before & lexicon.ORG_BEFORE and not (surname and length > 1):
                return length, "ORG"
            if before & lexicon.GPE_BEFORE:
                return length, "GPE"
            if before & lexicon.PRODUCT_BEFORE and not syllabic:
                return length, "PROD"
        if length == 1:
            return self._single(i, syllabic)
        if token.initial and syllabic and not surname:
            return 0, ""
        if surname and syllabic:
            return length, "PER"
        if (
            i
            and self.tokens[i - 1].lower in lexicon.PLACE_PREPOSITIONS
            and self._adjacent(i)
            and all(map(vietnamese, self._texts(i, length)))
        ):
            return length, "GPE"
        if all(text.isupper() for text in self._texts(i, length)):
            return 0, ""
        return length, "PER"

    def _single(self, i: int, syllabic: bool) -> tuple[int, str]:
        """The type of a single capitalised word that no list knows."""
        token = self.tokens[i]
        if token.lower in self.people and (not syllabic or not token.initial) and toneless(token.text) == token.lower:
            return 1, "PER"
        if token.text.isupper() and 2 <= len(token.text) <= 6 and token.text.isalpha() and token.lower not in lexicon.ACRONYM_STOP:
            return (0, "") if self.shouting else (1, self.found[-1].type if self._bracketed(i) else "ORG")
        if (
            syllabic
            or token.lower in lexicon.ACRONYM_STOP
            or len(token.text) < 3
            or not token.text.isalpha()
            or token.lower.startswith("covid")
        ):
            return 0, ""
        if i and self.tokens[i - 1].lower in lexicon.PLACE_PREPOSITIONS and self._adjacent(i):
            return 1, "GPE"
        return 1, "PER"

    def _bracketed(self, i: int) -> bool:
        return (
            bool(self.found) and self.text[self.found[-1].end : self.tokens[i].start] == " (" and self.text[self.tokens[i].end :][:1] == ")"
        )
