"""Resolves the speakers that an extractor names to keys of entities, for one document.

The steps, in this order; the first that applies decides:

1. ``id``, ``wikidata``: a key of the registry or of the gold's mentions, or a Wikidata id.
2. ``name``: a full name, an alias or the name of a role; of the page first, then of the whole
   registry, so that the name of an absent person is wrong and not unknown.
3. ``source``, ``phrase``: what was extracted is the gold's source phrase. It depends on the gold
   quotation, see :mod:`vinewsie.scoring.attribution`.
4. ``part``: the registered name that a longer phrase is about, by a small grammar: before the name
   of a person may stand a title with its modifiers ("Tổng thống Nga …"), before that of a country
   its government, before that of an organisation its kind; behind a name, an apposition. Whatever
   else stands there may make the phrase about somebody else ("vợ ông …", "báo chí Nga").

A capital also stands for its government. A name of several entities has several readings, and is
right if the gold's speaker is among them. What is left is ``unknown``, and so is a pronoun, which
names nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from vinewsie.model import Document
from vinewsie.registry import (
    FORMAL_HONORIFICS,
    HONORIFICS,
    OFFICES,
    RANKS,
    Registry,
    folded,
    name_key,
    without_honorific,
)
from vinewsie.text import SYLLABLE

Words = tuple[str, ...]
"""The syllables of a phrase, case-folded."""

_PERSONS = ("PER", "PERSON")
_ORGANISATIONS = ("ORG", "ORGANIZATION", "ORGANISATION")
_PRONOUNS = frozenset(
    {
        *("ông", "bà", "anh", "chị", "cô", "ngài", "họ", "tôi", "nó", "hắn", "mình", "y"),
        *("cụ", "bác", "em", "cháu"),
        *("ông ấy", "ông ta", "bà ấy", "bà ta", "anh ấy", "anh ta", "cô ấy", "cô ta", "chúng tôi"),
        *("he", "she", "they", "it", "we", "i", "you"),
    }
)
_PORTFOLIOS = (
    *("ngoại giao", "quốc phòng", "nội vụ", "tài chính", "tư pháp", "thương mại", "kinh tế"),
    *("năng lượng", "y tế", "giáo dục", "công an", "an ninh", "nông nghiệp", "giao thông"),
    *("quốc hội", "thượng viện", "hạ viện", "điện kremlin", "nhà trắng", "lầu năm góc"),
)
"""What a title may be of, beside registered names."""
_BODIES = (
    *("bộ", "sở", "viện", "bệnh viện", "đại học", "trường", "ủy ban", "uỷ ban", "hội đồng", "hội"),
    *("hiệp hội", "công ty", "tập đoàn"),
)
"""Beginnings of names of organisations: a name right behind them is the organisation's."""
_GOVERNMENTS = (
    *("chính phủ", "chính quyền", "phía", "nhà nước", "nước", "quốc gia", "liên bang", "lb"),
    *("vương quốc", "the"),
)
"""What may stand before the name of a country without changing it."""
_MEDIA = (
    *("báo", "tờ", "tờ báo", "nhật báo", "tạp chí", "trang", "trang tin", "hãng", "hãng tin"),
    *("hãng thông tấn", "đài", "đài truyền hình", "đài phát thanh", "kênh", "kênh truyền hình"),
    "kênh tin tức",
)
"""What may stand before the name of an organisation without changing it; before that of a country,
it is the press of the country.
"""
_TAGS: Mapping[Words, str] = {
    tuple(phrase.split()): tag
    for tag, phrases in (
        ("k", HONORIFICS),
        ("h", (*FORMAL_HONORIFICS, "mr", "mrs", "ms")),
        ("r", RANKS),
        ("t", (*OFFICES, "president", "prime minister")),
        ("q", ("cựu", "nguyên", "cố", "tân", "đương kim", "quyền", "vị")),
        ("b", _PORTFOLIOS),
        ("v", _BODIES),
        ("m", _MEDIA),
        ("g", _GOVERNMENTS),
        ("l", ("của", "ở", "tại")),
        ("a", ("và", "cùng", "với", "hoặc", "hay", "and")),
    )
    for phrase in phrases
}
"""The tags of known words: honorifics that are words for relatives, too (k), and that are not (h),
ranks (r), offices (t), what qualifies them (q), portfolios (b), bodies (v), media (m), governments
(g), links (l) and conjunctions (a). Names have the tags p (person), s (a person known by an office
alone), o (organisation) and n (others); other words x if they are capitalised, like a name, and w
if not. A spaced dash is a comma; a comma, a full stop and brackets are their own tags, ! is any
other sign.
"""
_LONGEST_TAGGED = max(map(len, _TAGS))
_MOST_WORDS = 64
"""A phrase of more words names nobody."""
# A capitalised word right before the name may be a part of it: "Tổng thống Lyudmila Putin".
_MODIFIERS = "(?:(?:l?[bgnovx])*l?[bno])?"
_TITLE = rf"h?q?(?:t,|r[,.]?)*[rt]\.?{_MODIFIERS}"
# A noun phrase without names, then an honorific: "Con trai bà, anh …".
_NOUNS = "w[bghklmnotvw]*"
_BEFORE = {
    "p": re.compile(rf"(?:{_TITLE}(?:,[hk]\.?)?|(?:{_NOUNS},)?[hk]\.?)?"),
    "s": re.compile("h?"),
    "o": re.compile("(?:mg?n?|g)?"),
    "n": re.compile("g*"),
}
"""What may stand before the name that a phrase is about, by the tag of the name."""
# No second speaker: no other person, no conjunction, and no title with a name that is not known.
_KNOWN = "bgmnoqrtvw"
_WORD = rf"(?:(?![bnort]x+(?![{_KNOWN}x]))[{_KNOWN}lx.])"
# Possessive: a link begins an apposition and stands in one, which would be tried in all ways.
_APPOSITIONS = rf"(?:(?:l|,(?=[bgmqrtvw])){_WORD}++|\((?=[%s]){_WORD}++(?:,{_WORD}++)*+\))*+"
_BEHIND = {
    "p": re.compile(_APPOSITIONS % _KNOWN),
    "s": re.compile(_APPOSITIONS % _KNOWN),
    "o": re.compile(_APPOSITIONS % f"{_KNOWN}x"),
    "n": re.compile(_APPOSITIONS % f"{_KNOWN}x"),
}
"""What may stand behind it: "của …", ", nhà lãnh đạo …", "(Hàn Quốc)"."""
_ADDITION = re.compile(r"\s*[,(].*")
"""What a name of the registry may have behind it: ", D.C.", "(the newspaper)"."""


@dataclass(frozen=True)
class NamedSpeaker:
    """A speaker as an extractor names it.

    Args:
        given: the name.
        by: the step that resolved it.
        readings: the keys that it may stand for; none if it is unknown.
    """

    given: str
    by: str
    readings: frozenset[str] = frozenset()

    @property
    def names_somebody(self) -> bool:
        """Whether it is more than a pronoun or an empty text; a role without a name is."""
        return bool(self.readings) or not _is_nobody(self.given)


@dataclass(frozen=True)
class _Names:
    """Names with the keys that bear them: whole, without their titles, and by syllables."""

    whole: Mapping[str, frozenset[str]]
    untitled: Mapping[str, frozenset[str]]
    by_words: Mapping[Words, frozenset[str]]
    longest: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], roles: Container[str] = ()) -> _Names:
        """Collects pairs of a name and a key.

        Args:
            pairs: the pairs.
            roles: keys whose names are titles: without it, "Ngoại trưởng Pháp" would be a country.
        """
        whole: dict[str, set[str]] = {}
        untitled: dict[str, set[str]] = {}
        by_words: dict[Words, set[str]] = {}
        for name, key in pairs:
            for form in (folded(name), without_honorific(name)):
                whole.setdefault(form, set()).add(key)
            if key not in roles:
                untitled.setdefault(name_key(name), set()).add(key)
            if words := words_of(name):
                by_words.setdefault(words, set()).add(key)
                if len(words) > 1:
                    by_words.setdefault((words[0][0], *words[1:]), set()).add(key)
        return cls(
            {name: frozenset(keys) for name, keys in whole.items()},
            {name: frozenset(keys) for name, keys in untitled.items()},
            {words: frozenset(keys) for words, keys in by_words.items()},
            max(map(len, by_words), default=0),
        )


@lru_cache(maxsize=4096)
def words_of(phrase: str) -> Words:
    """The syllables of a phrase, NFC and case-folded."""
    folded = unicodedata.normalize("NFC", phrase).casefold()
    return tuple(match.group() for match in SYLLABLE.finditer(folded))


def is_pronoun(phrase: str) -> bool:
    """Whether a phrase is nothing but a pronoun."""
    return " ".join(words_of(phrase)) in _PRONOUNS


def _is_nobody(phrase: str) -> bool:
    """Whether a phrase is a pronoun or has no syllable."""
    return is_pronoun(phrase) or not words_of(phrase)


def unknown_key(name: str) -> str:
    """What stands for a speaker that no key is known of; it equals no key."""
    return f"unknown:{name}"


def is_speaker_type(type_: str | None) -> bool:
    """Whether an entity of a type is a person or an organisation, as far as is known."""
    return type_ in (*_PERSONS, *_ORGANISATIONS, None)


class RegistryNames:
    """The names of a whole registry, made once for all documents."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.wikidata = {entry.wikidata: key for key, entry in registry.items() if entry.wikidata}

    @cached_property
    def names(self) -> _Names:
        """The names and aliases of all entries."""
        return _Names.of(self.of(self.registry), self.roles)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The entries that are known by an office alone."""
        return frozenset(key for key, entry in self.registry.items() if entry.kind == "role")

    def of(self, keys: Iterable[str]) -> Iterable[tuple[str, str]]:
        """Pairs of a name and a key, for some keys of the registry."""
        for key in keys:
            entry = self.registry[key]
            for name in (entry.name_vi, entry.name_en, *entry.aliases):
                yield name, key
                if bare := _ADDITION.sub("", name):
                    yield bare, key


class SpeakerNames:
    """Maps the speakers of one document to keys.

    With a registry, the names are those of its entries. Without one, the mentions of the gold give
    the names: their surfaces are the aliases of their ``entity_id``, and a speaker that the gold
    gives by name is its own key unless a mention has that name.

    Args:
        document: the gold document.
        registry: the names of the registry.
    """

    def __init__(self, document: Document, registry: RegistryNames) -> None:
        self._document, self._registry = document, registry
        self._known: dict[str, NamedSpeaker] = {}

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The keys of the document's mentions."""
        return frozenset(e.entity_id for e in self._document.entities if e.entity_id is not None)

    @cached_property
    def page(self) -> frozenset[str]:
        """The keys that the document mentions or quotes."""
        quotes = self._document.quotes
        speakers = (key for quote in quotes for key in (*(quote.speakers or ()), *quote.addressees))
        return self.mentioned.union(speakers)

    @cached_property
    def _mentions(self) -> _Names:
        """The surfaces of the document's mentions, and the keys as their own names."""
        text = self._document.text
        pairs = {
            (text[entity.start : entity.end], entity.entity_id)
            for entity in self._document.entities
            if entity.entity_id is not None
        }
        return _Names.of([*pairs, *((key, key) for key in self.mentioned)])

    @cached_property
    def _names(self) -> _Names:
        """The names that the page knows."""
        registry = self._registry.registry
        if registry:
            named = self._registry.of(sorted(self.page & registry.keys()))
            return _Names.of(named, self._registry.roles)
        text = self._document.text
        pairs = {
            (text[entity.start : entity.end], entity.entity_id)
            for entity in self._document.entities
            if entity.entity_id is not None
        }
        own = {key: self.gold_key(key) for key in self.page}
        return _Names.of([*pairs, *own.items()])

    def gold_key(self, speaker: str) -> str:
        """The key of a speaker as the gold gives it: a key, or without a registry a name."""
        if self._registry.registry or speaker in self.mentioned:
            return speaker
        keys = self._bearers(self._mentions, speaker)
        return next(iter(keys)) if len(keys) == 1 else speaker

    def resolve(self, speaker: str) -> str:
        """The one key for a speaker, by id, Wikidata id or a name of the page that only one entity
        bears; its :func:`unknown_key` if there is none. Without a registry, the speaker itself.
        """
        registry = self._registry
        if not registry.registry or speaker in registry.registry:
            return speaker
        if speaker in registry.wikidata:
            return registry.wikidata[speaker]
        keys = self._bearers(self._names, speaker)
        return next(iter(keys)) if len(keys) == 1 else unknown_key(speaker)

    def read_strictly(self, speaker: str) -> NamedSpeaker:
        """The one reading of a speaker by :meth:`resolve`."""
        key = self.resolve(speaker)
        if key == unknown_key(speaker) or (_is_nobody(speaker) and key not in self.page):
            return NamedSpeaker(speaker, "unknown")
        return NamedSpeaker(speaker, "name", frozenset({key}))

    def read(self, speaker: str) -> NamedSpeaker:
        """The readings of a speaker by all steps that do not depend on a gold quotation."""
        if speaker not in self._known:
            found = self.full_name(speaker)
            self._known[speaker] = found if found.readings else self._part(speaker)
        return self._known[speaker]

    def full_name(self, speaker: str) -> NamedSpeaker:
        """The readings of a speaker by id, Wikidata id or full name."""
        registry = self._registry.registry
        if speaker in registry or (not registry and speaker in self.mentioned):
            return self._named(speaker, "id", {speaker})
        if speaker in self._registry.wikidata:
            return self._named(speaker, "wikidata", {self._registry.wikidata[speaker]})
        if is_pronoun(speaker):
            return NamedSpeaker(speaker, "unknown")
        for names in (self._names, self._registry.names):
            if keys := self._bearers(names, speaker):
                return self._named(speaker, "name", keys)
        return NamedSpeaker(speaker, "unknown")

    def _bearers(self, names: _Names, speaker: str) -> frozenset[str]:
        """The keys that bear a name: as it is, or persons without the titles of one side. Another
        name behind a title modifies it.
        """
        if keys := names.whole.get(folded(speaker)):
            return keys
        plain = without_honorific(speaker)
        forms = (
            names.whole.get(plain),
            names.whole.get(name_key(speaker)),
            names.untitled.get(plain),
        )
        persons = (frozenset(filter(self._is_person, keys)) for keys in forms if keys)
        return next(filter(None, persons), frozenset())

    def _named(self, speaker: str, by: str, keys: Iterable[str]) -> NamedSpeaker:
        """The keys, and for each capital its country."""
        registry = self._registry.registry
        keys = frozenset(keys)
        countries = {registry[key].capital_of for key in keys & registry.keys()} - {""}
        return NamedSpeaker(speaker, f"{by}, capital" if countries else by, keys | countries)

    def _part(self, phrase: str) -> NamedSpeaker:
        """The readings of the registered name that a phrase is about; those of the page, if any."""
        if not is_pronoun(phrase) and len(words_of(phrase)) <= _MOST_WORDS:
            names = self._registry.names if self._registry.registry else self._names
            tokens = list(_tokens(unicodedata.normalize("NFC", phrase), names, self._tag))
            if keys := _subject(tokens):
                return self._named(phrase, "part", keys & self.page or keys)
        return NamedSpeaker(phrase, "unknown")

    @cached_property
    def _types(self) -> dict[str, str]:
        """The type of each entity's mentions, the first in the alphabet where they differ."""
        pairs = {(e.entity_id, e.type) for e in self._document.entities if e.entity_id and e.type}
        return dict(sorted(((str(key), str(type_)) for key, type_ in pairs), reverse=True))

    def type_of(self, key: str) -> str | None:
        """The type of an entity, of the registry or of a mention; None if neither has it."""
        registry = self._registry.registry
        return registry[key].type if key in registry else self._types.get(key)

    def _is_person(self, key: str) -> bool:
        return self.type_of(key) in (*_PERSONS, None)

    def _tag(self, keys: frozenset[str]) -> str:
        """The tag of a name with these keys, see :data:`_TAGS`."""
        if any(map(self._is_person, keys)):
            return "s" if keys <= self._registry.roles else "p"
        return "o" if any(self.type_of(key) in _ORGANISATIONS for key in keys) else "n"


class _Token(NamedTuple):
    """A word, name or sign of a phrase: its tag, and the keys of a name."""

    tag: str
    keys: frozenset[str] = frozenset()


def _tokens(text: str, names: _Names, tag_of: Callable[[frozenset[str]], str]) -> Iterator[_Token]:
    """The tokens of a phrase, each as long as it can be.

    Args:
        text: the phrase, in NFC.
        names: the names to look for; in a phrase they begin with a capital.
        tag_of: the tag of a name with given keys.
    """
    syllables = list(SYLLABLE.finditer(text))
    words = tuple(match.group().casefold() for match in syllables)
    capital = [not match.group()[0].islower() for match in syllables]
    at = end = 0
    while at < len(syllables):
        yield from _signs(text[end : syllables[at].start()])
        tagged = _longest(_TAGS, words, at, _LONGEST_TAGGED)
        named = _longest(names.by_words, words, at, names.longest if capital[at] else 0)
        # "Anh" is a country, too; but that alone would have been found as a whole name.
        honorific = at == 0 and len(tagged) == 1 and _TAGS[tagged] in "hk"
        taken = words[at : at + 1]
        if named and len(named) >= len(tagged) + honorific:
            taken, keys = named, names.by_words[named]
            yield _Token(tag_of(keys), keys)
        elif tagged:
            taken = tagged
            yield _Token(_TAGS[tagged])
        else:
            # A capital with a small letter behind it begins a noun phrase, not a name; but "của".
            follows = at + 1 < len(words) and not capital[at + 1]
            follows = follows and _TAGS.get(words[at + 1 : at + 2]) not in ("a", "l")
            noun = follows and text[syllables[at].end() : syllables[at + 1].start()].isspace()
            name = capital[at] and not taken[0].isdigit() and not noun
            yield _Token("x" if name else "w")
        at += len(taken)
        end = syllables[at - 1].end()
    yield from _signs(text[end:])


def _longest(known: Container[Words], words: Words, at: int, longest: int) -> Words:
    """The longest known words that begin at a place; empty if there are none."""
    ends = range(min(len(words), at + longest), at, -1)
    return next((words[at:end] for end in ends if words[at:end] in known), ())


def _signs(gap: str) -> Iterator[_Token]:
    """The signs between two words; hyphens, quotation marks and white space are none."""
    for number, sign in enumerate(gap):
        if sign in "-\u2010\u2011\u2012\u2013\u2014":
            if gap[number - 1 : number].isspace() and gap[number + 1 : number + 2].isspace():
                yield _Token(",")
        elif not sign.isspace() and sign not in "\"'“”‘’«»":
            yield _Token(sign if sign in ",.()" else "!")


def _subject(tokens: Sequence[_Token]) -> frozenset[str]:
    """The keys of the name that a phrase is about; none if there is no such name."""
    tags = "".join(token.tag for token in tokens)
    for number, (tag, keys) in enumerate(tokens):
        if (
            keys
            and _BEFORE[tag].fullmatch(tags, 0, number)
            and _BEHIND[tag].fullmatch(tags, number + 1)
        ):
            # One organisation behind another in brackets must be its abbreviation.
            other = tags.startswith("o(o)", number) and not keys & tokens[number + 2].keys
            return frozenset() if other else keys
    return frozenset()
