"""Entities: names of the gazetteer, names after a head or a title, and runs of capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from vinewsie.baseline.surface import NewsLine, Token, is_vietnamese, tokenise
from vinewsie.baseline.word_lists import PhraseIndex, phrases, words
from vinewsie.text import SYLLABLE

_GAZETTEER_LISTS = {
    "GPE": ("countries", "cities"),
    "LOC": ("regions",),
    "FAC": ("facilities",),
    "ORG": ("organisations",),
    "EVENT": ("events",),
    "PROD": ("products",),
    "MISC": ("works",),
    "PER": ("people",),
}
"""The lists of names by type; where two lists have a name, the first one counts."""
_COUNTRIES_PAIRED = frozenset(name.lower() for name in words("countries_paired"))
_CAPITALS_ONLY = words("capitals_only")
_GIVEN_NAMES = words("given_names")
_AMBIGUOUS_NAMES = words("ambiguous_names")
_AFTER_AMBIGUOUS = words("after_ambiguous")
_AFTER_ANH = words("after_anh")

_HONORIFICS_MALE = words("honorifics_male")
_HONORIFICS_FEMALE = words("honorifics_female")
_HONORIFICS = words("honorifics_male", "honorifics_female", "honorifics_other")
_TITLES = phrases("titles")
_SURNAMES = words("surnames")
_PARTICLES = words("name_particles")

_ORGANISATION_HEADS = phrases("organisation_heads")
_HEADS_OUTSIDE = words("organisation_heads_outside")
_HEADS_ALONE = words("organisation_heads_alone")
_LOWER_BODIES = phrases("lower_bodies")
_LOWER_BODIES_WEAK = frozenset({"bộ", "cục", "sở"})
"""Heads that need a domain."""
_NUMBERED_UNITS = phrases("numbered_units")
_ADMIN_UNITS = phrases("admin_units")
_DOMAINS = phrases("domains")
_DOMAINS_LOWER = phrases("domains_lower")
_PLACE_HEADS = {"LOC": phrases("heads_loc"), "FAC": phrases("heads_fac")}
_ANY_PLACE_HEAD = phrases("heads_loc", "heads_fac")
_OTHER_HEADS = {"MISC": phrases("heads_misc"), "EVENT": phrases("heads_event")}

_BEFORE_ORGANISATIONS = words("before_organisations")
_BEFORE_GPES = words("before_gpes")
_BEFORE_EVENTS = words("before_events")
_BEFORE_WORKS = words("before_works")
_COMMON_HEADS = phrases(
    "before_organisations", "before_gpes", "before_events", "before_works", "before_products"
)
_BEFORE_NO_PLACE = words("before_no_place")
_BEFORE_NO_PLACE_HEAD = words("before_no_place_head")
_NOT_NAMES = phrases("not_names")
_ETHNIC_GROUPS = phrases("ethnic_groups")
_TAILS = {"ORG": words("tails_org"), "FAC": words("tails_fac"), "EVENT": words("tails_event")}
_FOREIGN_GIVEN_NAMES = words("foreign_given_names")
_VIETNAMESE_GIVEN_NAMES = words("vietnamese_given_names")
_BEFORE_PRODUCTS = words("before_products")
_PLACE_PREPOSITIONS = words("place_prepositions")
_PREDICATES = words("predicate_openers")
_FUNCTION_WORDS = words("function_words")
_ACRONYMS_COMMON = words("acronyms_common")

_JOINERS = frozenset({" ", "-", ".", "'", "’", "&", " & ", "+"})
_PRODUCT = re.compile(
    r"(?<![\w-])(?!Covid|COVID|CV-|Q-|T-\d\d?\b)[A-Z][A-Za-z]{0,2}-\d{1,3}[A-Z]{0,2}(?![\w-])"
)
_PLACES_ONLY = frozenset({"tại", "ở"})
_WORK_MARKS = frozenset("“\"'‘«")
_WORK_END = re.compile(r"[”\"'’»](?!\w)")
_LONGEST_RUN = 6
"""Longest run of capitals that is one name, in tokens."""


@dataclass(frozen=True)
class Mention:
    """A name in the normalised text.

    A person has the ``title`` that stands before the name and a ``gender``: m, f or empty.
    """

    start: int
    end: int
    text: str
    type: str
    gender: str = ""
    title: str = ""


class GazetteerName(NamedTuple):
    """A name in lower case, the index of the first syllable with a capital, and the type."""

    syllables: tuple[str, ...]
    capital: int
    type: str


def _gazetteer() -> Mapping[str, list[GazetteerName]]:
    """All names by their first syllable, longest first. Hyphens and spaces in names are equal."""
    index: dict[str, dict[tuple[str, ...], GazetteerName]] = {}
    for type_, lists in _GAZETTEER_LISTS.items():
        for name in sorted(words(*lists)):
            parts = SYLLABLE.findall(name)
            capital = next((i for i, part in enumerate(parts) if not part[0].islower()), 0)
            syllables = tuple(part.lower() for part in parts)
            index.setdefault(syllables[0], {}).setdefault(
                syllables, GazetteerName(syllables, capital, type_)
            )
    return {
        first: sorted(entries.values(), key=lambda name: -len(name.syllables))
        for first, entries in index.items()
    }


_NAMES = _gazetteer()
_COUNTRIES = frozenset(
    tuple(part.lower() for part in SYLLABLE.findall(name)) for name in words("countries")
)
_OPENERS = frozenset(_HONORIFICS).union(
    _NAMES,
    _TITLES,
    _DOMAINS,
    _LOWER_BODIES,
    _NUMBERED_UNITS,
    _ORGANISATION_HEADS,
    *_PLACE_HEADS.values(),
    *_OTHER_HEADS.values(),
)
"""First syllables of everything that begins a name or stands before one."""


class TokenLine:
    """The tokens of a line, with look-ups in the word lists. Positions are token indices."""

    def __init__(self, text: str, line: NewsLine) -> None:
        self.text = text
        self.tokens: list[Token] = tokenise(text, line)
        letters = [token.cap for token in self.tokens if token.text[0].isalpha()]
        self.capitalised = len(letters) > 5 and sum(letters) > 0.75 * len(letters)
        """Whether nearly all words have a capital, as in some headlines."""

    def known(self, i: int) -> tuple[int, str]:
        """The longest name of the gazetteer at ``i``: its number of tokens and its type."""
        first = self.tokens[i]
        for syllables, capital, type_ in _NAMES.get(first.lower, ()):
            if i + len(syllables) > len(self.tokens):
                continue
            if not (self.tokens[i + capital].cap or self.tokens[i + capital].text[0].isdigit()):
                continue
            if (
                capital
                and first.cap
                and not (first.initial or self.capitalised or len(syllables) > 2 or type_ == "LOC")
            ):
                continue
            if syllables[0] in _CAPITALS_ONLY and len(syllables) == 1 and not first.text.isupper():
                continue
            if all(
                self.tokens[i + k].lower == syllables[k] and self.joined(i + k)
                for k in range(1, len(syllables))
            ):
                return len(syllables), type_
        if first.cap and first.lower in _COUNTRIES_PAIRED and self._beside_country(i):
            return 1, "GPE"
        return 0, ""

    def _beside_country(self, i: int) -> bool:
        """Whether a hyphen joins the token to a country: Mỹ-Trung, Việt-Hàn."""
        return any(self._is_country(i, j) for j in (i - 1, i + 1) if 0 <= j < len(self.tokens))

    def _is_country(self, i: int, j: int) -> bool:
        """Whether a country stands at ``j``, with a hyphen between it and its neighbour ``i``."""
        left, right = sorted((i, j))
        gap = self.text[self.tokens[left].end : self.tokens[right].start]
        if not self.tokens[j].cap or gap.strip() not in {"-", "–"} or len(gap) > 3:
            return False
        before = tuple(token.lower for token in self.tokens[max(0, j - 1) : j + 1])
        after = tuple(token.lower for token in self.tokens[j : j + 2])
        return self.tokens[j].lower in _COUNTRIES_PAIRED or not _COUNTRIES.isdisjoint(
            {before, after, before[-1:], after[:1]}
        )

    def phrase(self, listed: PhraseIndex, i: int) -> int:
        """The number of tokens of the longest listed phrase at ``i``, 0 if there is none."""
        if i >= len(self.tokens):
            return 0
        for syllables in listed.get(self.tokens[i].lower, ()):
            if i + len(syllables) <= len(self.tokens) and all(
                self.tokens[i + k].lower == syllables[k] and self.adjacent(i + k)
                for k in range(1, len(syllables))
            ):
                return len(syllables)
        return 0

    def lower(self, i: int, length: int) -> str:
        """``length`` tokens from ``i`` on, in lower case, with spaces between."""
        return " ".join(token.lower for token in self.tokens[i : i + length])

    def before(self, i: int) -> set[str]:
        """The phrases of one to three syllables that end right before ``i``."""
        found: set[str] = set()
        for length in range(1, min(3, i) + 1):
            if not self.adjacent(i - length + 1):
                break
            found.add(self.lower(i - length, length))
        return found

    def adjacent(self, i: int) -> bool:
        """Whether only spaces stand between the token and the one before it."""
        return i == 0 or (
            i < len(self.tokens)
            and self.text[self.tokens[i - 1].end : self.tokens[i].start] in {" ", "  "}
        )

    def joined(self, i: int, comma: bool = False) -> bool:
        """Whether the token may continue the name before it; ``comma`` also allows a comma."""
        gap = self.text[self.tokens[i - 1].end : self.tokens[i].start]
        return gap in _JOINERS or (comma and gap == ", ")

    def cap_follows(self, i: int) -> bool:
        """Whether the next token is adjacent and has a capital."""
        return i + 1 < len(self.tokens) and self.tokens[i + 1].cap and self.adjacent(i + 1)

    def after_place_preposition(self, i: int) -> bool:
        """Whether a preposition of place stands right before the token."""
        return i > 0 and self.tokens[i - 1].lower in _PLACE_PREPOSITIONS and self.adjacent(i)


@dataclass
class NameScanner:
    """Finds the names of one line.

    ``people`` holds the parts of people's full names on the page, ``types`` the types of other
    names whose context shows them; the scanner adds to both.
    """

    line: TokenLine
    people: set[str]
    types: dict[str, str] = field(default_factory=dict)
    anh_is_pronoun: bool = False
    """Whether Anh at the beginning of a sentence is the pronoun on this page."""
    found: list[Mention] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.line.text
        self.tokens = self.line.tokens

    def scan(self) -> list[Mention]:
        """All names of the line, including those inside others, in the order of the text."""
        position, title, gender = 0, "", ""
        while position < len(self.tokens):
            token = self.tokens[position]
            if title and not self.line.adjacent(position):
                title = gender = ""
            if not token.cap and token.lower not in _OPENERS:
                title = gender = ""
                position += 1
            elif length := self._no_name(position):
                title = gender = ""
                position += length
            elif length := self._title(position):
                phrase = self.line.lower(position, length)
                title = f"{title} {phrase}".strip()
                if phrase in _HONORIFICS_FEMALE or phrase.startswith("nữ "):
                    gender = "f"
                elif phrase in _HONORIFICS_MALE:
                    gender = gender or "m"
                position += length
            elif title and title not in _HONORIFICS and (length := self._domain_of_title(position)):
                position += length
            else:
                length, type_ = self._name(position, title)
                if type_ == "PER":
                    self._add(position, position + length, type_, gender, title)
                    title = gender = ""
                elif length:
                    name = self._add(position, position + length, type_).text
                    title, gender = (f"{title} {name.lower()}", gender) if title else ("", "")
                else:
                    title = gender = ""
                position += length or 1
        return sorted(self.found, key=lambda mention: (mention.start, -mention.end))

    def _no_name(self, i: int) -> int:
        """The number of tokens at ``i`` that have a capital and are no name: weekdays, religions,
        peoples, languages, currencies, and common nouns before a foreign name.
        """
        if not self.tokens[i].cap:
            return 0
        if length := self.line.phrase(_NOT_NAMES, i):
            return length
        token = self.tokens[i]
        if token.text.isupper() and len(token.text) > 1 and token.lower in _ACRONYMS_COMMON:
            return int(not (self.line.phrase(_TITLES, i) or self.line.phrase(_LOWER_BODIES, i)))
        before = self.line.before(i)
        if "người" in before and (length := self.line.phrase(_ETHNIC_GROUPS, i)):
            return length
        length, type_ = self.line.known(i)
        if length:
            return length if type_ == "GPE" and before & _BEFORE_NO_PLACE else 0
        length = self.line.phrase(_COMMON_HEADS, i)
        if not length or not self.line.cap_follows(i + length - 1):
            return 0
        head = self.line.lower(i, length)
        if self.line.phrase(_ORGANISATION_HEADS, i) == length and head not in _HEADS_OUTSIDE:
            return 0
        known = self.line.known(i + length)[1] == "GPE" and head == "bang"
        run = self.tokens[i + length : i + length + self._run(i + length)]
        foreign = any(not is_vietnamese(token.text) for token in run)
        return length if known or foreign else 0

    def _numbered(self, i: int) -> tuple[int, str] | None:
        """A unit of administration or a storm that a number names: Quận 1, bão số 6."""
        if (head := self.line.phrase(_NUMBERED_UNITS, i)) and self._number_at(i + head):
            return head + 1, "GPE"
        head = self.line.phrase(_OTHER_HEADS["EVENT"], i)
        if head and self.line.phrase({"số": [("số",)]}, i + head):
            return (head + 2, "EVENT") if self._number_at(i + head + 1) else None
        return None

    def _number_at(self, i: int) -> bool:
        return i < len(self.tokens) and self.tokens[i].text.isdecimal() and self.line.adjacent(i)

    def _work(self, i: int) -> int:
        """The number of tokens between quotation marks after a noun of works: bộ phim “Mùa gió”."""
        start = self.tokens[i].start
        if not i or self.text[start - 1] not in _WORK_MARKS:
            return 0
        if self.text[self.tokens[i - 1].end : start - 1] != " ":
            return 0
        nouns = {self.line.lower(i - length, length) for length in range(1, min(3, i) + 1)}
        close = _WORK_END.search(self.text, start, self.tokens[-1].end + 2)
        if not nouns & _BEFORE_WORKS or close is None:
            return 0
        return sum(start <= token.start < close.start() for token in self.tokens)

    def _title(self, i: int) -> int:
        """The number of tokens of the title or honorific at ``i``, 0 if there is none."""
        token = self.tokens[i]
        length = self.line.phrase(_TITLES, i)
        if not length and token.lower in _HONORIFICS:
            if token.cap and (
                self.line.known(i)[0] > 1 or (token.lower == "anh" and not token.initial)
            ):
                return 0
            length = int(
                self.line.cap_follows(i)
                or (
                    (token.text.islower() or token.initial)
                    and self.line.adjacent(i + 1)
                    and self.line.phrase(_TITLES, i + 1) > 0
                )
            )
        return length if length >= self.line.phrase(_ANY_PLACE_HEAD, i) else 0

    def _domain_of_title(self, i: int) -> int:
        """The number of tokens of a domain that continues a title: bộ trưởng Quốc phòng."""
        begins_organisation = (
            self.line.phrase(_ORGANISATION_HEADS, i)
            and self.tokens[i].cap
            and i + 1 < len(self.tokens)
            and self.tokens[i + 1].cap
        )
        alone = self._body_alone(i) or self.line.known(i)[1] == "ORG"
        if begins_organisation or self._lower_body(i) or (alone and self.tokens[i].cap):
            return 0
        return self.line.phrase(_DOMAINS, i)

    def _name(self, i: int, title: str) -> tuple[int, str]:
        """The number of tokens and the type of the name at ``i``; 0 and empty if there is none."""
        if _PRODUCT.match(self.text, self.tokens[i].start):
            return 2, "PROD"
        if work := self._work(i):
            return work, "MISC"
        if numbered := self._numbered(i):
            return numbered
        length, type_ = self.line.known(i)
        if length and (extended := self._extended(i, length, type_)):
            return extended
        organisation = self._organisation(i)
        if length > 1 and not (type_ == "GPE" and _ends_with_honorific(title)):
            return (organisation, "ORG") if organisation > length else (length, type_)
        if organisation:
            return organisation, "ORG"
        for head_type, heads in _PLACE_HEADS.items():
            if place := self._place(i, head_type, heads):
                return place, head_type
        for head_type, heads in _OTHER_HEADS.items():
            if titled := self._titled(i, heads):
                return titled, head_type
        token = self.tokens[i]
        if length == 1 and self._stands_alone(i, title):
            return 1, type_
        if not token.cap or (self.line.capitalised and not title) or not token.text[0].isalpha():
            return 0, ""
        return self._typed(i, self._run(i), title)

    def _extended(self, i: int, length: int, type_: str) -> tuple[int, str] | None:
        """A foreign name that goes on after a known one: Boston Globe, Oxford Street."""
        j = i + length
        if type_ not in {"GPE", "LOC", "ORG"} or not self.line.cap_follows(j - 1):
            return None
        last = self.tokens[j].lower
        if is_vietnamese(self.tokens[j - 1].text):
            return None
        known, known_type = self.line.known(j)
        if known:
            local = type_ == "ORG" and known_type == "GPE" and not is_vietnamese(last)
            return (length + known, "ORG") if local else None
        for tail_type, tails in _TAILS.items():
            if last in tails:
                return self._learn(i, length + 1, tail_type)
        plural = last.endswith("s") and not is_vietnamese(last) and last.isalpha()
        following_ends = not self.line.cap_follows(j)
        if plural and following_ends and type_ == "GPE" and self._run(j) == 1:
            self.types.setdefault(last, "ORG")
            return self._learn(i, length + 1, "ORG")
        return None

    def _stands_alone(self, i: int, title: str) -> bool:
        """Whether a known name of one syllable is a name here: neither a given name after a surname
        or title nor a word that begins a sentence.
        """
        token, key = self.tokens[i], self.tokens[i].lower
        following = self.tokens[i + 1] if self.line.adjacent(i + 1) else None
        if title and not _ends_with_honorific(title):
            return True
        if title and (is_vietnamese(token.text) or key in _GIVEN_NAMES):
            return False
        if (
            key in _GIVEN_NAMES
            and following
            and following.cap
            and not self.line.known(i + 1)[0]
            and not is_vietnamese(following.text)
        ):
            return False
        if token.initial and key in _AMBIGUOUS_NAMES:
            if following is None:
                return True
            if key == "anh":
                if self.anh_is_pronoun:
                    return False
                return not following.cap and following.lower not in _AFTER_ANH
            return following.lower not in _AFTER_AMBIGUOUS
        return not (
            i
            and self.line.adjacent(i)
            and self.tokens[i - 1].lower in _SURNAMES
            and self.tokens[i - 1].cap
            and is_vietnamese(token.text)
        )

    def _organisation(self, i: int) -> int:
        """The number of tokens of an organisation's name whose head is at ``i``."""
        if body := self._lower_body(i):
            return body
        head = self.line.phrase(_ORGANISATION_HEADS, i)
        if not head:
            return 0
        key, first, body = self.line.lower(i, head), self.tokens[i], i + head
        outside = key in _HEADS_OUTSIDE
        if first.text.islower() and (
            outside
            or body >= len(self.tokens)
            or not self.tokens[body].cap
            or self.line.known(body)[1] == "GPE"
        ):
            return 0
        if (
            outside
            and first.initial
            and not self.line.capitalised
            and not self.line.phrase(_DOMAINS, body)
        ):
            return 0
        j = body
        if first.cap and not first.initial and not self.line.capitalised:
            j += self.line.phrase(_DOMAINS_LOWER, body)
        while j < len(self.tokens) and self.line.joined(
            j, comma=j > body and self.line.phrase(_DOMAINS, j) > 0
        ):
            length = self._organisation_part(j, first=j == body)
            if not length:
                break
            foreign = self.tokens[j].cap and not is_vietnamese(self.tokens[j].text)
            if foreign and not self.line.known(j)[0] and self.line.cap_follows(j):
                j += self._run(j) if j == body else 0
                break
            place = self.line.known(j)[1] in {"GPE", "LOC"}
            j += length
            if place or (length == 1 and not is_vietnamese(self.tokens[j - 1].text)):
                break
        seat = self._seat(j)
        if j > body or seat:
            return j + seat - i
        return head if key in _HEADS_ALONE and first.cap and not self.line.capitalised else 0

    def _seat(self, j: int) -> int:
        """The number of tokens of the unit of administration that follows a body and has a known
        name: Trung tâm Y tế huyện Củ Chi.
        """
        if j >= len(self.tokens) or not self.line.adjacent(j) or self.tokens[j].cap:
            return 0
        unit = self.line.phrase(_ADMIN_UNITS, j)
        if not unit or not self.line.cap_follows(j + unit - 1):
            return 0
        return unit + (self.line.known(j + unit)[0] or self._run(j + unit))

    def _lower_body(self, i: int) -> int:
        """The number of tokens of a body in lower case that its domain or place names: sở y tế Huế,
        công an huyện Củ Chi.
        """
        head = self.line.phrase(_LOWER_BODIES, i)
        if not head:
            return 0
        j = body = i + head
        lower = self.tokens[i].text.islower()
        while length := self.line.phrase(_DOMAINS, j) if self.line.adjacent(j) else 0:
            if self.tokens[j].cap and lower:
                break
            j += length
        unit = self.line.phrase(_ADMIN_UNITS, j) if self.line.adjacent(j) else 0
        j += unit
        if j >= len(self.tokens) or not self.line.adjacent(j) or not (lower or unit):
            return 0
        if unit and self.tokens[j].text.isdecimal():
            return j + 1 - i
        if not self.tokens[j].cap:
            return 0
        if self.line.phrase(_TITLES, j) or self.tokens[j].lower in _HONORIFICS:
            return 0
        length, type_ = self.line.known(j)
        if j == body and not (
            type_ == "GPE" and (head > 1 or self.tokens[i].lower not in _LOWER_BODIES_WEAK)
        ):
            return 0
        if not length and not unit:
            return 0
        return j + (length or self._run(j)) - i

    def _organisation_part(self, j: int, first: bool) -> int:
        """The number of tokens at ``j`` that continue an organisation's name; ``first``: right
        after its head.
        """
        token = self.tokens[j]
        length, type_ = self.line.known(j)
        if length and type_ != "PER":
            return length
        if (
            token.lower in {"và", "các", "về", "vì", "những"}
            and j + 1 < len(self.tokens)
            and self.tokens[j + 1].cap
            and self.line.joined(j + 1)
        ):
            following = self._organisation_part(j + 1, first=False)
            inner = self.line.phrase(_DOMAINS, j + 1) or (
                token.lower != "và" and not self.line.known(j + 1)[0]
            )
            return following + 1 if following and inner else 0
        if not token.cap:
            return 0 if first else self.line.phrase(_DOMAINS_LOWER, j)
        domain = self.line.phrase(_DOMAINS, j)
        if not first and token.lower in _SURNAMES and self.line.cap_follows(j) and not domain:
            return 0
        if domain:
            return domain
        if title := self.line.phrase(_TITLES, j):
            return title if first else 0
        if is_vietnamese(token.text) and self.line.adjacent(j + 1):
            second = self.tokens[j + 1]
            lower = second.text.islower() and is_vietnamese(second.text)
            return 2 if lower and second.lower not in _FUNCTION_WORDS else 1
        return 1

    def _place(self, i: int, type_: str, heads: PhraseIndex) -> int:
        """The number of tokens of a place whose head is part of its name: bán đảo X, sân bay X."""
        head = self.line.phrase(heads, i)
        j = i + head
        numbered = j < len(self.tokens) and self.tokens[j].text.isdecimal()
        if head and numbered and self.line.adjacent(j):
            return head + 1 if self.tokens[i].cap and not self.tokens[i].initial else 0
        if not head or not self.line.cap_follows(j - 1):
            return 0
        if self.line.before(i) & _BEFORE_NO_PLACE_HEAD or self.line.phrase(_NOT_NAMES, j):
            return 0
        length, known = self.line.known(j)
        if not length:
            return head + self._run(j)
        refused = (
            known in {"PER", "ORG"}
            and type_ == "LOC"
            and length > 1
            and is_vietnamese(self.tokens[j].text)
        )
        return 0 if refused else head + length

    def _titled(self, i: int, heads: PhraseIndex) -> int:
        """The number of tokens of a law, treaty or event, whose head has a capital inside a
        sentence and is followed by capitals.
        """
        first = self.tokens[i]
        if not first.cap or first.initial or self.line.capitalised:
            return 0
        head = self.line.phrase(heads, i)
        if not head or not self.line.cap_follows(i + head - 1):
            return 0
        j = i + head
        while j < len(self.tokens) and self.line.joined(j) and self.tokens[j].cap:
            j += self._organisation_part(j, first=False) or 1
        if j == i + head:
            return 0
        ordinal = 2 * (self.line.lower(j, 2) == "lần thứ")
        return j + (ordinal + 1 if self._number_at(j + ordinal) else 0) - i

    def _run(self, i: int) -> int:
        """The number of tokens of the run of capitals at ``i``."""
        j = i + 1
        if self._names_body(i) and self.line.cap_follows(j):
            return 1
        while j < min(len(self.tokens), i + _LONGEST_RUN) and self._continues(i, j):
            j += 1
        while (
            j - 1 > i
            and self.tokens[j - 1].text.islower()
            and self.text[self.tokens[j - 1].start - 1] == " "
        ):
            j -= 1
        return j - i

    def _names_body(self, i: int) -> bool:
        """Whether the token alone is an organisation that the page or its form shows, so that a
        person's name may follow it.
        """
        token = self.tokens[i]
        tails = _TAILS["ORG"]
        following = self.tokens[i + 1].lower if i + 1 < len(self.tokens) else ""
        shown = self.types.get(token.lower) == "ORG" or (
            token.lower in tails and token.lower.endswith("s")
        )
        return shown and following not in tails

    def _continues(self, i: int, j: int) -> bool:
        """Whether the token ``j`` continues the run of capitals that began at ``i``."""
        token, previous = self.tokens[j], self.tokens[j - 1]
        gap = self.text[previous.end : token.start]
        if gap in {"-", "'", "’"} and token.text[0].isalpha():
            return not (
                (token.cap and self.line.known(j)[0])
                or (token.text.islower() and j == i + 1 and is_vietnamese(token.text))
            )
        if gap in {" & ", "&"}:
            return token.cap
        initial = len(previous.text) == 1 or previous.text in {"St", "Mt"}
        if not (gap == " " or (gap == ". " and initial)):
            return False
        if token.cap:
            return not (self._title(j) or self._begins_name(i, j))
        return (
            token.lower in _PARTICLES
            and j + 1 < len(self.tokens)
            and self.tokens[j + 1].cap
            and self.text[token.end : self.tokens[j + 1].start] in {" ", "-"}
            and not (token.lower in {"la", "da"} and is_vietnamese(previous.text))
        )

    def _begins_name(self, i: int, j: int) -> bool:
        """Whether another name begins at ``j``, inside a run of capitals that began at ``i``."""
        length, type_ = self.line.known(j)
        if not length or (self.tokens[i].lower in _SURNAMES and length == 1):
            return False
        return (
            length > 1
            or type_ == "ORG"
            or (is_vietnamese(self.tokens[j].text) and not is_vietnamese(self.tokens[i].text))
        )

    def _typed(self, i: int, length: int, title: str) -> tuple[int, str]:
        """The run of capitals at ``i`` with its type; 0 and empty if it is no name."""
        token = self.tokens[i]
        syllabic = is_vietnamese(token.text)
        surname = token.lower in _SURNAMES
        if title and (
            length > 1 or not syllabic or _ends_with_honorific(title) or token.lower in self.people
        ):
            return length, "PER"
        if not token.initial and (type_ := self._type_before(i, length)):
            return self._learn(i, length, type_)
        if length == 1:
            type_ = self._single(i)
            return (1, type_) if type_ else (0, "")
        if syllabic and surname:
            return length, "PER"
        run = self.tokens[i : i + length]
        known_given = token.lower in _FOREIGN_GIVEN_NAMES and not is_vietnamese(run[-1].text)
        if (
            syllabic
            and not known_given
            and (token.initial or all(part.text.isupper() for part in run))
        ):
            return 0, ""
        foreign = not all(is_vietnamese(part.text) for part in run)
        if foreign and (type_ := self._type_inside(i, length)):
            return self._learn(i, length, type_)
        if self.line.after_place_preposition(i) and (
            not foreign or self.tokens[i - 1].lower in _PLACES_ONLY
        ):
            return self._learn(i, length, "GPE")
        if all(part.text.isupper() for part in run):
            return 0, ""
        return length, self._page_type(i, length)

    def _type_before(self, i: int, length: int) -> str:
        """The type that the words before the run of capitals show, empty if they show none."""
        token = self.tokens[i]
        syllabic = is_vietnamese(token.text)
        before = {phrase.removesuffix(" như") for phrase in self.line.before(i)}
        if before & _BEFORE_ORGANISATIONS and not (token.lower in _SURNAMES and length > 1):
            return "ORG"
        if before & _BEFORE_GPES:
            return "GPE"
        if syllabic:
            return ""
        if before & _BEFORE_WORKS:
            return "MISC"
        if before & _BEFORE_EVENTS:
            return "EVENT"
        if before & _BEFORE_PRODUCTS:
            return "PROD"
        return "GPE" if length == 1 and before & {"người", "gốc"} else ""

    def _type_inside(self, i: int, length: int) -> str:
        """The type that the last word of a foreign name, a sign or a place after it shows."""
        start, end = self.tokens[i].start, self.tokens[i + length - 1].end
        name = self.text[start:end]
        last = re.split(r"[ -]", name)[-1].lower()
        if length > 1:
            for type_, tails in _TAILS.items():
                if last in tails:
                    return type_
        if name.startswith("St. ") and name.endswith(("'s", "’s")):
            return "FAC"
        if "&" in name or name.endswith(("'s", "’s")):
            return "ORG"
        j = i + length
        place = (
            length == 1
            and j < len(self.tokens)
            and self.text[end : self.tokens[j].start] == ", "
            and self.line.known(j)[1] == "GPE"
        )
        return "GPE" if place else ""

    def _learn(self, i: int, length: int, type_: str) -> tuple[int, str]:
        """Notes the type of a name that its context has shown, for the rest of the page."""
        name = " ".join(token.lower for token in self.tokens[i : i + length])
        self.types.setdefault(name, type_)
        return length, type_

    def _page_type(self, i: int, length: int) -> str:
        """The type of a name without a sign of its own: that of the name it is listed with, the one
        that the page has shown, else a person's.
        """
        name = " ".join(token.lower for token in self.tokens[i : i + length])
        if name in self.types:
            return self.types[name]
        if type_ := self._listed_type(i, length):
            return self._learn(i, length, type_)[1]
        return "PER"

    def _listed_type(self, i: int, length: int) -> str:
        """The type of the name before in a list whose types the page has shown."""
        if not self.found or length > 2:
            return ""
        last = self.found[-1]
        gap = self.text[last.end : self.tokens[i].start]
        after = self.text[self.tokens[i + length - 1].end :][:3]
        listed = gap == ", " and (after[:1] in {",", ".", ")", ";", "", "\n"} or after == " và")
        shown = last.text.lower() in self.types
        if (
            last.type in {"GPE", "ORG"}
            and (length == 1 or last.type == "ORG")
            and (
                (shown and (listed or gap in {" và ", ", và ", " and "}))
                or (listed and last.type == "GPE" and length == 1)
            )
        ):
            return last.type
        return ""

    def _single(self, i: int) -> str:
        """The type of a single capitalised word that no list knows, empty if it is no name."""
        token = self.tokens[i]
        syllabic = is_vietnamese(token.text)
        if token.lower in self.people and (
            not syllabic or not token.initial or self._before_predicate(i)
        ):
            return "PER"
        if not token.text.isalpha() and not token.text.endswith(("'s", "’s")):
            return ""
        if token.lower in _ACRONYMS_COMMON:
            return ""
        if token.text.isupper() and 2 <= len(token.text) <= 6:
            if self.line.capitalised or not token.lower.replace("đ", "d").isascii():
                return ""
            return self.found[-1].type if self._bracketed(i) else "ORG"
        if syllabic:
            given = token.lower in _VIETNAMESE_GIVEN_NAMES
            return "PER" if given and (not token.initial or self._before_predicate(i)) else ""
        if len(token.text) < 3 or token.lower.startswith("covid"):
            return ""
        if token.lower.endswith("s") and token.lower in _TAILS["ORG"]:
            return "ORG"
        if type_ := self._type_inside(i, 1):
            return self._learn(i, 1, type_)[1]
        if self.line.after_place_preposition(i) and self.tokens[i].lower not in self.types:
            if self.tokens[i - 1].lower in _PLACES_ONLY:
                self._learn(i, 1, "GPE")
            return "GPE"
        return self._page_type(i, 1)

    def _before_predicate(self, i: int) -> bool:
        """Whether a word follows that begins a predicate, so that the token is a subject."""
        j = i + 1
        return self.line.adjacent(j) and j < len(self.tokens) and self.tokens[j].text in _PREDICATES

    def _bracketed(self, i: int) -> bool:
        """Whether the token stands in brackets right after a name, as its abbreviation."""
        return (
            bool(self.found)
            and self.text[self.found[-1].end : self.tokens[i].start] == " ("
            and self.text.startswith(")", self.tokens[i].end)
        )

    def _add(self, i: int, j: int, type_: str, gender: str = "", title: str = "") -> Mention:
        """Adds the name of the tokens ``i`` to ``j`` (exclusive): a person's parts are learned, the
        names inside others are added too.
        """
        start, end = self.tokens[i].start, self.tokens[j - 1].end
        end += self.text.startswith("+", end)
        mention = Mention(start, end, self.text[start:end], type_, gender, title)
        self.found.append(mention)
        if type_ == "PER" and j - i > 1:
            parts = (self.tokens[i].lower, self.tokens[j - 1].lower)
            name = [token.text for token in self.tokens[i:j]]
            foreign = not all(map(is_vietnamese, name))
            self.people.update(
                part for part in parts if foreign or (part == parts[1] and len(name) > 2)
            )
        elif type_ not in {"PER", "GPE", "PROD"} and j - i > 1:
            self._add_nested(i, j)
        return mention

    def _body_alone(self, i: int) -> int:
        """The number of tokens of a head that names an organisation alone, with a capital."""
        head = self.line.phrase(_ORGANISATION_HEADS, i)
        alone = head and self.tokens[i].cap and self.line.lower(i, head) in _HEADS_ALONE
        return head if alone else 0

    def _add_nested(self, i: int, j: int) -> None:
        k = i + 1 if self.line.known(i)[0] == j - i else i
        while k < j:
            length, type_ = self.line.known(k)
            if not length and (domain := self.line.phrase(_DOMAINS, k)) > 1:
                k += domain
                continue
            if (
                0 < length < j - i
                and k + length <= j
                and (type_ in {"GPE", "LOC", "PER"} or length > 1)
                and self._stands_alone(k, "")
            ):
                start, end = self.tokens[k].start, self.tokens[k + length - 1].end
                self.found.append(Mention(start, end, self.text[start:end], type_))
                k += length
            elif (
                k + 1 < j
                and (unit := self.line.phrase(_ADMIN_UNITS, k))
                and k + unit < j
                and self.tokens[k + unit].cap
                and not self.line.known(k + unit)[0]
            ):
                start, end = self.tokens[k + unit].start, self.tokens[j - 1].end
                self.found.append(Mention(start, end, self.text[start:end], "GPE"))
                k = j
            elif (alone := self._body_alone(k)) and k > i:
                start, end = self.tokens[k].start, self.tokens[k + alone - 1].end
                self.found.append(Mention(start, end, self.text[start:end], "ORG"))
                k += alone
            else:
                k += 1


def _ends_with_honorific(title: str) -> bool:
    return title.rpartition(" ")[2] in _HONORIFICS


def find_mentions(text: str, lines: Iterable[NewsLine]) -> list[Mention]:
    """All names of a page. A first pass learns the people, so that a headline knows them too.

    Args:
        text: the normalised text.
        lines: its lines.
    """
    people: set[str] = set()
    token_lines = [TokenLine(text, line) for line in lines]
    types: dict[str, str] = {}
    anh = [token for line in token_lines for token in line.tokens if token.lower == "anh"]
    pronouns = sum(not token.cap for token in anh)
    countries = sum(token.cap and not token.initial for token in anh)
    for line in token_lines:
        NameScanner(line, people, types).scan()
    return [
        mention
        for line in token_lines
        for mention in NameScanner(line, people, types, pronouns > countries).scan()
    ]
