"""Sources of quotations: the noun phrase before a reporting word or after ``theo``, its status and
its speakers.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vinewsie.baseline.entities import Mention
from vinewsie.baseline.marks import Range
from vinewsie.baseline.word_lists import alternatives, words
from vinewsie.text import SYLLABLE

_HONORIFICS = words("honorifics_male", "honorifics_female", "honorifics_other")
_TITLES = words("titles")
_ADVERBIAL_OPENERS = words("adverbial_openers")
_NO_SUBJECT_AFTER = words("place_prepositions", "object_openers")
_NOUN_PHRASE_STOPS = words("noun_phrase_stops")
_SPEAKING_TYPES = frozenset({"PER", "ORG", "GPE", "LOC"})
_BODY_TYPES = frozenset({"ORG", "GPE", "LOC", "FAC"})

_HEAD_LISTS = (
    "role_nouns",
    "documents",
    "pronouns_male",
    "pronouns_female",
    "pronouns_other",
    "titles",
    "honorifics_male",
    "honorifics_female",
    "honorifics_other",
)
_HEAD = re.compile(
    rf"(?<!\w)(?:bản |bài |cuộc |lời )?{alternatives(*_HEAD_LISTS)}(?!\w)", re.IGNORECASE
)
_PRONOUN_MALE = re.compile(alternatives("pronouns_male"), re.IGNORECASE)
_PRONOUN_FEMALE = re.compile(alternatives("pronouns_female"), re.IGNORECASE)
_PRONOUN_OTHER = re.compile(alternatives("pronouns_other"), re.IGNORECASE)
_PRONOUN = re.compile(
    alternatives("pronouns_male", "pronouns_female", "pronouns_other"), re.IGNORECASE
)
_BACK_REFERENCE = re.compile(alternatives("back_references"), re.IGNORECASE)
_DEFINITE = re.compile(
    rf"(?:nam |nữ |vị |người )?{alternatives('titles', 'role_nouns')}"
    r"(?: này| ấy|(?: gần| khoảng)? \d{1,3} tuổi)",
    re.IGNORECASE,
)
"""A noun phrase that points to a person who was quoted before."""
_DOCUMENT = re.compile(
    rf"(?:một |các |những )?(?:bản )?{alternatives('documents')}(?!\w)", re.IGNORECASE
)
_ANONYMOUS = re.compile(rf"(?<!\w){alternatives('sources_anonymous')}(?!\w)", re.IGNORECASE)
_COLLECTIVE = re.compile(rf"{alternatives('sources_collective')}(?!\w)", re.IGNORECASE)
_BODY_CLASSIFIERS = re.compile(rf"(?:{alternatives('body_classifiers')} ?)*", re.IGNORECASE)

_COMMA = re.compile(r",(?!\d)")
_LINK = re.compile(r" (?:của|thuộc|và|cùng) ")
_BRACKET = re.compile(r" \([^()\n]{1,60}\)")
_ADVERBS = re.compile(r"(?: ?(?:đã|cũng|vừa|còn|mới|đang|sẽ|từng|lại))* ?")
_CONJUNCTION = re.compile(
    r" (?:nhưng|song|rằng|vì|đồng thời|trong khi|sau khi|mặc dù|hơn nữa|(?P<and>và)) ",
    re.IGNORECASE,
)
_AGE = re.compile(r" ?\d{1,3} tuổi ?")
_REPORTS = re.compile(rf" {alternatives('cues_strong')}(?!\w)", re.IGNORECASE)
_JOINT_PEOPLE = re.compile(r" (?:và|cùng) ")
_SPOKE_REACH = 1200
"""How far back a pronoun may point to the person quoted last, in code points."""
_REACH = 400
"""How far a source may stand from its reporting word, in code points."""


@dataclass(frozen=True)
class Source:
    """A source in the normalised text, with its status and the names of its speakers."""

    start: int
    end: int
    status: str
    names: tuple[str, ...]


class SourceFinder:
    """Finds sources in a page whose names are known."""

    def __init__(self, text: str, mentions: Sequence[Mention]) -> None:
        """``mentions`` are in the order of the text."""
        self.text = text
        self.mentions = mentions
        self._starts = [mention.start for mention in mentions]
        self._people: dict[str, str] = {}
        """People by the title with which the page introduces them first."""
        for mention in mentions:
            if mention.type == "PER" and mention.title:
                self._people.setdefault(mention.title, mention.text)
        self._genders: dict[str, str] = {}
        """The gender of people by the last word of their name."""
        for mention in mentions:
            if mention.type == "PER" and mention.gender:
                self._genders.setdefault(mention.text.split()[-1], mention.gender)
        self._spoke: tuple[int, str] | None = None
        """The person quoted last, with the offset of the source."""

    def spoke(self, source: Source | None) -> None:
        """Notes the source of a quotation, to which a later pronoun may point."""
        if source and len(source.names) == 1 and source.status in {"named", "nominal", "pronoun"}:
            self._spoke = (source.start, source.names[0])

    def before(self, start: int, end: int) -> Source | None:
        """The source that ends right before ``end``; an apposition or adverbial may follow its noun
        phrase.
        """
        parts = list(self._parts(max(start, end - _REACH), end))
        if len(parts) > 1 and _ADVERBS.fullmatch(self.text, *parts[-1]):
            parts.pop()
            while len(parts) > 1 and self._is_adverbial(*parts[-1]):
                parts.pop()
            if len(parts) > 1 and not self._is_adverbial(*parts[-2]):
                outer = self._noun_phrase(*parts[-2])
                if outer and not self.text[outer[1] : parts[-2][1]].strip():
                    return self._source(outer[0], parts[-1][1])
        phrase = self._noun_phrase(self._clause_start(*parts[-1]), parts[-1][1])
        phrase = phrase or self._noun_phrase(*parts[-1])
        if phrase is None:
            return None
        return self._source(self._named_before(phrase, parts), phrase[1])

    def _clause_start(self, start: int, end: int) -> int:
        """Where the last clause of a part begins: after a conjunction, of which và is none between
        names.
        """
        for match in reversed([*_CONJUNCTION.finditer(self.text, start, end)]):
            if match["and"] and any(name.end == match.start() for name in self.within(start, end)):
                continue
            return match.end()
        return start

    def _named_before(self, phrase: Range, parts: Sequence[Range]) -> int:
        """Where a source begins whose noun phrase is an apposition to a person named before it."""
        opening = self.text[parts[-1][0] : phrase[0]]
        if opening.strip() or _PRONOUN.fullmatch(self.text[slice(*phrase)]):
            return phrase[0]
        if any(mention.type == "PER" for mention in self.within(*phrase)):
            return phrase[0]
        for start, end in reversed(parts[:-1]):
            person = self._noun_phrase(start, end)
            names = [name for name in self.within(start, end) if name.type == "PER"]
            if (
                person
                and names
                and names[-1].end == person[1] == end
                and not self.text[start : person[0]].strip()
            ):
                return person[0]
            if not _AGE.fullmatch(self.text, start, end):
                break
        return phrase[0]

    def subject(self, start: int, end: int) -> Source | None:
        """The subject of a clause: its first noun phrase that is no adverbial."""
        for part in self._parts(max(start, end - _REACH), end):
            if phrase := self._noun_phrase(*part):
                return self._source(*phrase)
        return None

    def after(self, start: int, end: int) -> Source | None:
        """The source after ``theo``: up to the comma, with an apposition."""
        parts = list(self._parts(start, min(end, start + _REACH)))
        phrase = self._noun_phrase(*parts[0])
        if phrase is None or phrase[0] != start:
            return None
        if reported := _REPORTS.search(self.text, *phrase):
            return self._source(start, reported.start())
        if len(parts) > 2 and phrase[1] == parts[0][1] and self.within(*phrase):
            inner = self._noun_phrase(*parts[1])
            opening = self.text[slice(*parts[1])].lstrip()
            if (
                inner
                and inner[0] - parts[1][0] < 2
                and inner[1] == parts[1][1]
                and opening[:1].islower()
                and opening.split()[0] not in _HONORIFICS
                and not _PRONOUN_OTHER.match(opening)
            ):
                phrase = (phrase[0], inner[1])
        return self._source(*phrase)

    def within(self, start: int, end: int) -> list[Mention]:
        """The names inside a range."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end)
        return [mention for mention in self.mentions[first:last] if mention.end <= end]

    def _parts(self, start: int, end: int) -> Iterator[Range]:
        """The parts of a range between commas outside brackets."""
        begin = start
        for match in _COMMA.finditer(self.text, start, end):
            opened = self.text.count("(", start, match.start())
            if opened <= self.text.count(")", start, match.start()):
                yield begin, match.start()
                begin = match.end()
        yield begin, end

    def _is_adverbial(self, start: int, end: int) -> bool:
        word = SYLLABLE.search(self.text, start, end)
        return word is not None and word.group().lower() in _ADVERBIAL_OPENERS

    def _noun_phrase(self, start: int, end: int) -> Range | None:
        """The first noun phrase of a range that can speak, without the adverbials after it."""
        names = self.within(start, end)
        heads = {match.start() for match in _HEAD.finditer(self.text, start, end)}
        heads.update(mention.start for mention in names if mention.type in _SPEAKING_TYPES)
        adverbial = self._is_adverbial(start, end)
        for head in sorted(heads):
            before = SYLLABLE.findall(self.text, max(start, head - 12), head)
            if before and before[-1].lower() in _NO_SUBJECT_AFTER:
                continue
            if any(mention.start < head < mention.end for mention in names):
                continue
            if adverbial and before and not self._begins_subject(head, end):
                continue
            return head, self._phrase_end(head, end)
        return None

    def _begins_subject(self, head: int, end: int) -> bool:
        """Whether a noun phrase can be a subject after an adverbial: it begins with an honorific or
        holds a person.
        """
        word = SYLLABLE.match(self.text, head, end)
        return word is not None and (
            word.group().lower() in _HONORIFICS
            or any(mention.type == "PER" for mention in self.within(head, end))
        )

    def _phrase_end(self, start: int, end: int) -> int:
        """The end of the noun phrase that begins at ``start``."""
        names = self.within(start, end)
        position = start
        for match in SYLLABLE.finditer(self.text, start, end):
            holder = next((m for m in names if m.start <= match.start() < m.end), None)
            if holder is not None:
                position = max(position, holder.end)
                continue
            if match.start() < position:
                continue
            if position > start and any(mention.end == position for mention in names):
                bracket = _BRACKET.match(self.text, position, end)
                if bracket and match.start() < bracket.end():
                    position = bracket.end()
                    continue
                linked = _LINK.match(self.text, position, end)
                if not linked and not self._title_at(match.start(), end):
                    break
            if match.start() > start and match.group().lower() in _NOUN_PHRASE_STOPS:
                break
            position = match.end()
        closed = self.text.startswith(")", position) and "(" in self.text[start:position]
        return position + closed

    def _title_at(self, position: int, end: int) -> bool:
        """Whether a title or honorific begins at ``position``."""
        found = SYLLABLE.findall(self.text, position, min(end, position + 24))
        syllables = [syllable.lower() for syllable in found]
        return bool(syllables) and (
            syllables[0] in _HONORIFICS
            or any(" ".join(syllables[:n]) in _TITLES for n in (1, 2, 3))
        )

    def _source(self, start: int, end: int) -> Source | None:
        surface = self.text[start:end].rstrip()
        if not surface:
            return None
        inside = self.within(start, end)
        outer = [
            mention
            for mention in inside
            if not any(
                other is not mention and other.start <= mention.start and mention.end <= other.end
                for other in inside
            )
        ]
        return Source(start, start + len(surface), *self._status(surface, start, outer))

    def _status(
        self, surface: str, start: int, names: Sequence[Mention]
    ) -> tuple[str, tuple[str, ...]]:
        """The status of a source and the names of its speakers.

        Args:
            surface: the words of the source.
            start: its offset in the text.
            names: the names in it, without those inside others.
        """
        if _PRONOUN_MALE.fullmatch(surface):
            return "pronoun", self._last_person(start, "m")
        if _PRONOUN_FEMALE.fullmatch(surface):
            return "pronoun", self._last_person(start, "f")
        if _PRONOUN_OTHER.fullmatch(surface):
            return "pronoun", self._last_body(start) if surface.lower() == "họ" else ()
        if _BACK_REFERENCE.fullmatch(surface):
            return "nominal", self._last_body(start)
        if _ANONYMOUS.search(surface):
            return "anonymous", ()
        if _DOCUMENT.match(surface):
            issuers = [name.text for name in names if name.type in {"ORG", "PER", "GPE"}]
            return "document", tuple(issuers[:1])
        if people := [name.text for name in names if name.type == "PER"]:
            return "named", tuple(people if _JOINT_PEOPLE.search(surface) else people[:1])
        if _COLLECTIVE.match(surface):
            return "collective", ()
        bodies = [name for name in names if name.type in _BODY_TYPES]
        if bodies and _BODY_CLASSIFIERS.fullmatch(self.text, start, bodies[0].start):
            speaking = bodies if " và " in surface else bodies[:1]
            return "named", tuple(body.text for body in speaking)
        person = self._people.get(surface.lower())
        if person is None and self._spoke and _DEFINITE.fullmatch(surface):
            person = self._spoke[1]
        return "nominal", (person,) if person else ()

    def _last_person(self, before: int, gender: str) -> tuple[str, ...]:
        """The first person, of this gender or an unknown one, of the last sentence before an offset
        that names one.
        """

        def fits(name: str) -> bool:
            return self._genders.get(name.split()[-1], gender) == gender

        named = self._last_named(before, gender)
        if named is None:
            return ()
        if self._spoke and named.start > self._spoke[0] and named.gender == gender:
            return (named.text,)
        if self._spoke and before - self._spoke[0] < _SPOKE_REACH and fits(self._spoke[1]):
            people = {mention.text for mention in self.mentions if mention.type == "PER"}
            if self._spoke[1] in people:
                return (self._spoke[1],)
        return (named.text,)

    def _last_named(self, before: int, gender: str) -> Mention | None:
        def fits(mention: Mention) -> bool:
            return mention.type == "PER" and mention.gender in {gender, ""}

        position = bisect_left(self._starts, before)
        for mention in filter(fits, reversed(self.mentions[max(0, position - 60) : position])):
            begin = max(
                self.text.rfind(". ", max(0, mention.start - _REACH), mention.start),
                self.text.rfind("\n", 0, mention.start),
            )
            same_sentence = filter(fits, self.within(begin + 1, mention.start))
            return next(same_sentence, mention)
        return None

    def _last_body(self, before: int) -> tuple[str, ...]:
        """The last organisation or country that is named before an offset."""
        position = bisect_left(self._starts, before)
        for mention in reversed(self.mentions[max(0, position - 20) : position]):
            if mention.type in {"ORG", "GPE"}:
                return (mention.text,)
        return ()
