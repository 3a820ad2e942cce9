"""Resolves the speakers that an extractor names to keys of entities, for one document.

The steps, in this order; the first that applies decides:

1. ``id``, ``wikidata``: a key of the registry or of the gold's mentions, or a Wikidata id.
2. ``name``: a full name, an alias or the name of a role; of the page first, then of the whole
   registry, so that the name of an absent person is wrong and not unknown.
3. ``source``, ``phrase``: what was extracted is the gold's source phrase. It depends on the gold
   quotation, see :mod:`vinewsie.scoring.attribution`.
4. ``part``: the longest registered name inside a longer phrase. A name that modifies a title
   ("Tổng thống *Nga* …") or is a part of a longer name is not the phrase's name.

A capital also stands for its government. A name of several entities has several readings, and is
right if the gold's speaker is among them. What is left is ``unknown``, and so is a pronoun.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from vinewsie.model import Document
from vinewsie.registry import TITLES, Registry, folded, name_key
from vinewsie.text import SYLLABLE

Words = tuple[str, ...]
"""The syllables of a phrase, case-folded."""

_PERSONS = ("PER", "PERSON")
_ORGANISATIONS = ("ORG", "ORGANIZATION", "ORGANISATION")
_PRONOUNS = frozenset(
    {
        *("ông", "bà", "anh", "chị", "cô", "ngài", "họ", "tôi", "nó", "hắn", "mình", "y"),
        *("ông ấy", "ông ta", "bà ấy", "bà ta", "anh ấy", "anh ta", "cô ấy", "cô ta", "chúng tôi"),
        *("he", "she", "they", "it", "we", "i", "you"),
    }
)
_CLASSIFIERS = frozenset(
    [
        "nước",
        "tờ",
        "báo",
        "hãng",
        "đài",
        "trang",
        "kênh",
        "chính",
        "phủ",
        "quyền",
        "nhà",
        "phía",
        "tạp",
        "chí",
        "thông",
        "tấn",
        "the",
    ]
)
"""Syllables that may stand before the name of a country or an organisation without changing it."""
_TITLE_WORDS = frozenset(
    {word for title in TITLES for word in title.split()}
    | {"vị", "người", "cựu", "tân", "đương", "kim", "quyền", "đứng", "đầu", "nước"}
)
"""Syllables that may stand before the name of a person without changing it."""
_ADDITION = re.compile(r"\s*[,(].*")
"""What a name of the registry may have behind it: ", D.C.", "(the newspaper)"."""
_GOES_ON = re.compile(r"\s*(?:$|[(,]|của\b|ở\b|tại\b)")
"""How a phrase may go on after its name."""


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


@dataclass(frozen=True)
class _Names:
    """Names with the keys that bear them, whole and by syllables."""

    whole: Mapping[str, frozenset[str]]
    by_words: Mapping[Words, frozenset[str]]
    longest: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> _Names:
        """Collects pairs of a name and a key."""
        whole: dict[str, set[str]] = {}
        by_words: dict[Words, set[str]] = {}
        for name, key in pairs:
            whole.setdefault(name_key(name), set()).add(key)
            by_words.setdefault(words_of(name), set()).add(key)
        by_words.pop((), None)
        return cls(
            {name: frozenset(keys) for name, keys in whole.items()},
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
        return _Names.of(self.of(self.registry))

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
            return _Names.of(self._registry.of(sorted(self.page & registry.keys())))
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
        keys = self._mentions.whole.get(name_key(speaker), frozenset())
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
        keys = self._names.whole.get(name_key(speaker), frozenset())
        return next(iter(keys)) if len(keys) == 1 else unknown_key(speaker)

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
        key = name_key(speaker)
        titled = key != folded(speaker)
        for names in (self._names, self._registry.names):
            keys = names.whole.get(key, frozenset())
            # Only a person has a title; another name behind one modifies it.
            if keys := frozenset(filter(self._is_person, keys)) if titled else keys:
                return self._named(speaker, "name", keys)
        return NamedSpeaker(speaker, "unknown")

    def _named(self, speaker: str, by: str, keys: Iterable[str]) -> NamedSpeaker:
        """The keys, and for each capital its country."""
        registry = self._registry.registry
        keys = frozenset(keys)
        countries = {registry[key].capital_of for key in keys & registry.keys()} - {""}
        return NamedSpeaker(speaker, f"{by}, capital" if countries else by, keys | countries)

    def _part(self, phrase: str) -> NamedSpeaker:
        """The readings of the longest registered name inside a phrase."""
        if not is_pronoun(phrase):
            text = unicodedata.normalize("NFC", phrase)
            for names in (self._names, self._registry.names):
                if keys := _name_inside(text, names, self._person_bears):
                    return self._named(phrase, "part", keys)
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

    def _person_bears(self, keys: frozenset[str]) -> bool:
        return any(map(self._is_person, keys))


def _name_inside(
    text: str, names: _Names, is_person: Callable[[frozenset[str]], bool]
) -> frozenset[str]:
    """The keys of the longest name that a phrase is about; none if there is no such name.

    Args:
        text: the phrase.
        names: the names to look for.
        is_person: whether a name with these keys is that of a person.
    """
    syllables = list(SYLLABLE.finditer(text))
    folded = [match.group().casefold() for match in syllables]
    capital = [not match.group()[0].islower() for match in syllables]
    found: list[tuple[int, int, frozenset[str]]] = []
    for start in range(len(syllables)):
        for end in range(min(len(syllables), start + names.longest), start, -1):
            keys = names.by_words.get(tuple(folded[start:end]))
            if keys and capital[start]:
                found.append((start, end, keys))
    inside = {number for start, end, _ in found for number in range(start, end)}

    def goes_with(start: int, end: int, person: bool) -> bool:
        """Whether nothing around a name makes the phrase about another entity."""
        if not _GOES_ON.match(text, syllables[end - 1].end()):
            return False
        if person and any(begin >= end and is_person(keys) for begin, _, keys in found):
            return False
        for number in range(start):
            if folded[number] in (_TITLE_WORDS if person else _CLASSIFIERS):
                continue
            adjacent = text[syllables[start - 1].end() : syllables[start].start()].isspace()
            other_name = person and number in inside
            of_a_title = person and capital[number] and not (number == start - 1 and adjacent)
            if not other_name and not of_a_title:
                return False
        return True

    for start, end, keys in sorted(found, key=lambda name: (name[0] - name[1], name[0])):
        if goes_with(start, end, is_person(keys)):
            return keys
    return frozenset()
