"""Entities: names of the gazetteer, names that a head or a title announces, and runs of
capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vinewsie.baseline import gazetteer, lexicon
from vinewsie.baseline.surface import WORD, Line, Token, tokens_of, toneless, vietnamese


@dataclass(frozen=True)
class Mention:
    """A name in the working copy; ``title`` is what stands before a person's name, ``gender`` m, f
    or empty.
    """

    start: int
    end: int
    text: str
    type: str
    gender: str = ""
    title: str = ""


_JOINERS = frozenset({" ", "-", ".", "'", "’", "&", " & ", "+"})

Names = Mapping[str, list[tuple[tuple[str, ...], int, str]]]
"""The gazetteer by the first syllable: all syllables of a name, the first one that must have a
capital, the type.
"""


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
_COUNTRY_KEYS = frozenset(
    tuple(part.lower() for part in WORD.findall(name))
    for name in lexicon.names(gazetteer.COUNTRIES)
)
_SHORT = frozenset(name.lower() for name in lexicon.names(gazetteer.ABBREVIATED) if " " not in name)


@dataclass
class Words:
    """The words of one line, with what can be asked of them; ``people`` holds the name parts of
    people named in full.
    """

    text: str
    line: Line
    people: set[str]
    tokens: list[Token]
    found: list[Mention] = field(default_factory=list)
    shouting: bool = False

    def known(self, i: int) -> tuple[int, str]:
        """The longest name of the gazetteer at token ``i``: its length in tokens and its type."""
        for key, capital, type_ in NAMES.get(self.tokens[i].lower, ()):
            if i + len(key) > len(self.tokens) or (
                not self.tokens[i + capital].cap and not self.tokens[i + capital].text[0].isdigit()
            ):
                continue
            if (
                capital
                and self.tokens[i].cap
                and not (self.tokens[i].initial or self.shouting or len(key) > 2 or type_ == "LOC")
            ):
                continue
            if (
                len(key) == 1
                and self.tokens[i].text.isupper() is False
                and key[0] in lexicon.UPPER_ONLY
            ):
                continue
            if all(
                self.tokens[i + k].lower == part and self._joined(i + k)
                for k, part in enumerate(key)
                if k
            ):
                return len(key), type_
        if (
            self.tokens[i].lower in _SHORT
            and self.tokens[i].cap
            and (self._paired(i, -1) or self._paired(i, 1))
        ):
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
        return self.tokens[j].lower in _SHORT or not {
            before,
            after,
            before[-1:],
            after[:1],
        }.isdisjoint(_COUNTRY_KEYS)

    def phrase(self, listed: lexicon.Phrases, i: int) -> int:
        """The length of the longest listed phrase at token ``i``, 0 if there is none."""
        if i >= len(self.tokens) or not (longest := listed.longest.get(self.tokens[i].lower)):
            return 0
        for length in range(min(longest, len(self.tokens) - i), 0, -1):
            if tuple(t.lower for t in self.tokens[i : i + length]) in listed and all(
                map(self._adjacent, range(i + 1, i + length))
            ):
                return length
        return 0

    def _adjacent(self, i: int) -> bool:
        """Whether only spaces stand between token ``i`` and the one before."""
        return i == 0 or (
            i < len(self.tokens)
            and self.text[self.tokens[i - 1].end : self.tokens[i].start] in {" ", "  "}
        )

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
        if (
            not length
            and token.lower in lexicon.HONORIFICS
            and (token.text.islower() or token.initial or self._cap_follows(i))
        ):
            length = (
                1
                if self._cap_follows(i)
                or (self.phrase(lexicon.TITLES, i + 1) and self._adjacent(i + 1))
                else 0
            )
            if (token.cap and self.known(i)[0] > 1) or (
                token.lower == "anh" and token.cap and not token.initial
            ):
                return 0
        return (
            0
            if max((self.phrase(heads, i) for heads in lexicon.PLACE_HEADS.values()), default=0)
            > length
            else length
        )


_PARTICLES = frozenset(
    [
        "de",
        "da",
        "del",
        "der",
        "den",
        "van",
        "von",
        "bin",
        "ibn",
        "al",
        "el",
        "la",
        "le",
        "du",
        "di",
        "dos",
        "abu",
        "ben",
        "y",
    ]
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
                if (self.known(j)[0] and token.cap) or (
                    token.text.islower() and j == i + 1 and vietnamese(token.text)
                ):
                    break
            elif not (gap == " " or dotted):
                break
            elif not token.cap:
                follows = (
                    j + 1 < len(self.tokens)
                    and self.tokens[j + 1].cap
                    and self.text[token.end : self.tokens[j + 1].start] in {" ", "-"}
                )
                if (
                    token.lower not in _PARTICLES
                    or not follows
                    or (token.lower in {"la", "da"} and vietnamese(self.tokens[j - 1].text))
                ):
                    break
            elif self._title(j) or self._stops(i, j):
                break
            j += 1
        while (
            j - 1 > i
            and self.tokens[j - 1].text.islower()
            and self.text[self.tokens[j - 1].start - 1] == " "
        ):
            j -= 1
        return (j - i, "LOC") if plain else self._typed(i, j - i, title)

    def _stops(self, i: int, j: int) -> bool:
        """Whether another name begins at token ``j`` of a run that began at ``i``."""
        length, type_ = self.known(j)
        if not length or (self.tokens[i].lower in lexicon.SURNAMES and length == 1):
            return False
        return (
            length > 1
            or type_ == "ORG"
            or (vietnamese(self.tokens[j].text) and not vietnamese(self.tokens[i].text))
        )

    def _typed(self, i: int, length: int, title: str) -> tuple[int, str]:
        """The type of the run of capitals at token ``i``, or length 0."""
        token = self.tokens[i]
        syllabic = vietnamese(token.text)
        surname = token.lower in lexicon.SURNAMES
        if title and not (
            length == 1
            and syllabic
            and title not in lexicon.HONORIFICS
            and title.split(" ")[-1] not in lexicon.HONORIFICS
        ):
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
        if (
            token.lower in self.people
            and (not syllabic or not token.initial)
            and toneless(token.text) == token.lower
        ):
            return 1, "PER"
        if (
            token.text.isupper()
            and 2 <= len(token.text) <= 6
            and token.text.isalpha()
            and token.lower not in lexicon.ACRONYM_STOP
        ):
            return (
                (0, "")
                if self.shouting
                else (1, self.found[-1].type if self._bracketed(i) else "ORG")
            )
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
            bool(self.found)
            and self.text[self.found[-1].end : self.tokens[i].start] == " ("
            and self.text[self.tokens[i].end :][:1] == ")"
        )


_PRODUCT = re.compile(
    r"(?<![\w-])(?!Covid|COVID|CV-|Q-|T-\d\d?\b)[A-Z][A-Za-z]{0,2}-\d{1,3}[A-Z]{0,2}(?![\w-])"
)
_LISTS = (
    lexicon.TITLES,
    lexicon.DOMAINS,
    lexicon.PUBLIC_HEADS,
    *lexicon.PLACE_HEADS.values(),
    *lexicon.OTHER_HEADS.values(),
)
_OPENERS = frozenset(
    {*NAMES, *lexicon.HONORIFICS, *(first for listed in _LISTS for first in listed.longest)}
)
"""The first syllables of everything that begins a name or goes before one."""


class Scanner(Runs):
    """Finds the names of one line."""

    def scan(self) -> list[Mention]:
        """All names of the line, those inside others too."""
        words = [token for token in self.tokens if token.text[0].isalpha()]
        self.shouting = len(words) > 5 and sum(token.cap for token in words) > 0.75 * len(words)
        position, title = 0, ""
        gender = ""
        while position < len(self.tokens):
            if title and not self._adjacent(position):
                title = gender = ""
            token = self.tokens[position]
            if not token.cap and token.lower not in _OPENERS:
                title = gender = ""
                position += 1
                continue
            if length := self._title(position):
                phrase = " ".join(
                    token.lower for token in self.tokens[position : position + length]
                )
                title = f"{title} {phrase}".strip()
                gender = gender or (
                    "m"
                    if phrase in lexicon.HONORIFICS_MALE
                    else "f"
                    if phrase in lexicon.HONORIFICS_FEMALE
                    else ""
                )
                if phrase in lexicon.HONORIFICS_FEMALE or phrase.startswith("nữ "):
                    gender = "f"
                position += length
                continue
            if (
                title
                and title not in lexicon.HONORIFICS
                and not self._is_head(position)
                and (n := self.phrase(lexicon.DOMAINS, position))
            ):
                position += n
                continue
            length, type_ = self._name(position, title)
            if not length:
                title = gender = ""
                position += 1
                continue
            mention = self._add(
                position,
                position + length,
                type_,
                gender if type_ == "PER" else "",
                title if type_ == "PER" else "",
            )
            title = f"{title} {mention.text.lower()}" if title and type_ != "PER" else ""
            gender = gender if title else ""
            position += length
        return sorted(set(self.found), key=lambda m: (m.start, -m.end))

    def _name(self, i: int, title: str) -> tuple[int, str]:
        """The length in tokens and the type of the name that begins at token ``i``; length 0 if
        none does.
        """
        if product := _PRODUCT.match(self.text, self.tokens[i].start):
            return next(
                (
                    n
                    for n in (1, 2, 3)
                    if i + n <= len(self.tokens) and self.tokens[i + n - 1].end == product.end()
                ),
                0,
            ), "PROD"
        length, type_ = self.known(i)
        honorific = title.split(" ")[-1] in lexicon.HONORIFICS if title else False
        if length > 1 and not (type_ == "GPE" and honorific):
            if organisation := self._organisation(i):
                return (organisation, "ORG") if organisation > length else (length, type_)
            return length, type_
        if organisation := self._organisation(i):
            return organisation, "ORG"
        for head_type, heads in lexicon.PLACE_HEADS.items():
            if place := self._place(i, head_type, heads):
                return place, head_type
        for head_type, heads in lexicon.OTHER_HEADS.items():
            if other := self._titled_work(i, heads):
                return other, head_type
        token = self.tokens[i]
        if length == 1 and self._counts(i, title):
            return 1, type_
        if not token.cap or (self.shouting and not title) or not token.text[0].isalpha():
            return 0, ""
        return self._run(i, title)

    def _counts(self, i: int, title: str) -> bool:
        """Whether a name of one syllable is one here: not a given name after a surname or title,
        not a word that begins a sentence.
        """
        token, key = self.tokens[i], self.tokens[i].lower
        honorific = title.split(" ")[-1] in lexicon.HONORIFICS if title else False
        following = (
            self.tokens[i + 1] if i + 1 < len(self.tokens) and self._adjacent(i + 1) else None
        )
        if title and not honorific:
            return True
        if honorific and (vietnamese(token.text) or key in gazetteer.GIVEN_NAMES):
            return False
        if (
            key in gazetteer.GIVEN_NAMES
            and following
            and following.cap
            and not self.known(i + 1)[0]
            and not vietnamese(following.text)
        ):
            return False
        if token.initial and key in gazetteer.AMBIGUOUS_FIRST:
            if following is None:
                return True
            if key == "anh":
                return not following.cap and following.lower not in lexicon.WORDS_AFTER_ANH
            return following.lower not in lexicon.WORDS_AFTER_INITIAL
        return not (
            i
            and self._adjacent(i)
            and self.tokens[i - 1].lower in lexicon.SURNAMES
            and self.tokens[i - 1].cap
            and vietnamese(token.text)
        )

    def _organisation(self, i: int) -> int:
        """The length of an organisation's name that begins with its head at token ``i``."""
        head = self._head(lexicon.PUBLIC_HEADS, i)
        if not head:
            return 0
        key = tuple(token.lower for token in self.tokens[i : i + head])
        first, j = self.tokens[i], i + head
        if first.text.islower() and (
            key in lexicon.PLAIN_HEADS
            or j >= len(self.tokens)
            or not self.tokens[j].cap
            or self.known(j)[1] == "GPE"
        ):
            return 0
        if (
            key in lexicon.PLAIN_HEADS
            and first.initial
            and not self.shouting
            and not self.phrase(lexicon.DOMAINS, j)
        ):
            return 0
        foreign = False
        while j < len(self.tokens) and self._joined(
            j, comma=j > i + head and self.phrase(lexicon.DOMAINS, j) > 0
        ):
            if n := self._organisation_part(j, first=j == i + head):
                length, type_ = self.known(j)
                if j > i + head and foreign:
                    break
                j += n
                if length and type_ in {"GPE", "LOC"}:
                    break
                foreign = foreign or (n == 1 and not vietnamese(self.tokens[j - 1].text))
            else:
                break
        if j > i + head:
            return j - i
        return head if key in lexicon.SELF_SUFFICIENT and (first.cap and not self.shouting) else 0

    def _organisation_part(self, j: int, first: bool) -> int:
        """How many tokens at ``j`` go on with an organisation's name."""
        token = self.tokens[j]
        length, type_ = self.known(j)
        if length and type_ != "PER":
            return length
        if (
            token.lower in {"và", "các", "về", "vì", "những"}
            and j + 1 < len(self.tokens)
            and self.tokens[j + 1].cap
            and self._joined(j + 1)
        ):
            following = self._organisation_part(j + 1, first=False)
            inner = self.phrase(lexicon.DOMAINS, j + 1) or (
                token.lower != "và" and not self.known(j + 1)[0]
            )
            return following + 1 if following and inner else 0
        if not token.cap:
            return self.phrase(lexicon.LOWER_DOMAINS, j) if not first else 0
        if (
            not first
            and token.lower in lexicon.SURNAMES
            and self._cap_follows(j)
            and not self.phrase(lexicon.DOMAINS, j)
        ):
            return 0
        if n := self.phrase(lexicon.DOMAINS, j):
            return n
        if n := self.phrase(lexicon.TITLES, j):
            return n if first else 0
        if vietnamese(token.text) and j + 1 < len(self.tokens):
            following_token = self.tokens[j + 1]
            lower = (
                following_token.text.islower()
                and vietnamese(following_token.text)
                and self._adjacent(j + 1)
            )
            return 2 if lower and following_token.lower not in lexicon.FUNCTION_WORDS else 1
        return 1

    def _place(self, i: int, type_: str, heads: lexicon.Phrases) -> int:
        """The length of a place's name whose head is part of it: bán đảo X, sân bay X."""
        head = self._head(heads, i)
        j = i + head
        if not head or j >= len(self.tokens) or not self._adjacent(j) or not self.tokens[j].cap:
            return 0
        length, known = self.known(j)
        if length:
            return (
                0
                if known in {"PER", "ORG"}
                and type_ == "LOC"
                and length > 1
                and vietnamese(self.tokens[j].text)
                else head + length
            )
        length, _ = self._run(j, "", plain=True)
        return head + length if length else 0

    def _titled_work(self, i: int, heads: lexicon.Phrases) -> int:
        """The length of the name of a law, treaty or event: its head has a capital inside a
        sentence and a capital follows.
        """
        head = self._head(heads, i)
        j = i + head
        if (
            not head
            or j >= len(self.tokens)
            or not self._adjacent(j)
            or not self.tokens[i].cap
            or self.tokens[i].initial
            or self.shouting
        ):
            return 0
        while j < len(self.tokens) and self._joined(j) and self.tokens[j].cap:
            j += self._organisation_part(j, first=False) or 1
        return j - i if j > i + head else 0

    def _add(self, i: int, j: int, type_: str, gender: str, title: str) -> Mention:
        start, end = self.tokens[i].start, self.tokens[j - 1].end
        if self.text[end : end + 1] == "+":
            end += 1
        mention = Mention(start, end, self.text[start:end], type_, gender, title)
        self.found.append(mention)
        if type_ == "PER":
            self.people.update(
                part
                for part in (self.tokens[j - 1].lower, self.tokens[i].lower)
                if not vietnamese(part) and j - i > 1
            )
        elif type_ not in {"GPE", "PROD"} and j - i > 1:
            self._add_nested(i, j)
        return mention

    def _add_nested(self, i: int, j: int) -> None:
        k = i + 1 if self.known(i)[0] == j - i else i
        while k < j:
            length, type_ = self.known(k)
            if (
                length
                and length < j - i
                and k + length <= j
                and (type_ in {"GPE", "LOC", "PER"} or length > 1)
                and self._counts(k, "")
            ):
                start, end = self.tokens[k].start, self.tokens[k + length - 1].end
                self.found.append(Mention(start, end, self.text[start:end], type_))
                k += length
            else:
                k += 1

    def _head(self, heads: lexicon.Phrases, i: int) -> int:
        return self.phrase(heads, i)

    def _is_head(self, i: int) -> bool:
        return (
            bool(self.phrase(lexicon.PUBLIC_HEADS, i))
            and i + 1 < len(self.tokens)
            and self.tokens[i].cap
            and self.tokens[i + 1].cap
        )


def mentions_of(text: str, lines: Iterable[Line]) -> list[Mention]:
    """All names of a page. A first pass learns the people, so that a headline knows them too."""
    lines = list(lines)
    people: set[str] = set()
    tokens = [tokens_of(text, line) for line in lines]
    for line, held in zip(lines, tokens, strict=True):
        Scanner(text, line, people, held).scan()
    return [
        mention
        for line, held in zip(lines, tokens, strict=True)
        for mention in Scanner(text, line, people, held).scan()
    ]
