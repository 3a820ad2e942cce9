"""Sources of quotations: the noun phrase before a reporting word or after ``theo``, its status, and
who speaks by it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vinewsie.baseline import lexicon, reporting
from vinewsie.baseline.entities import Mention
from vinewsie.baseline.surface import WORD

_NOUN = reporting.alternatives(
    "|".join(
        [
            reporting.ROLE_NOUNS,
            reporting.DOCUMENTS,
            reporting.PRONOUNS_MALE,
            reporting.PRONOUNS_FEMALE,
            reporting.PRONOUNS_OTHER,
        ]
    )
    + "|".join(
        " ".join(title)
        for title in sorted(lexicon.TITLES | {(word,) for word in lexicon.HONORIFICS})
    )
)
_HEAD = re.compile(rf"(?<!\w)(?:bản |bài |cuộc |lời )?{_NOUN}(?!\w)", re.IGNORECASE)
_MALE, _FEMALE, _OTHER, _THESE = (
    re.compile(reporting.alternatives(text), re.IGNORECASE)
    for text in (
        reporting.PRONOUNS_MALE,
        reporting.PRONOUNS_FEMALE,
        reporting.PRONOUNS_OTHER,
        reporting.THESE,
    )
)
_DOCUMENT = re.compile(
    rf"(?:một |các |những )?(?:bản )?{reporting.alternatives(reporting.DOCUMENTS)}(?!\w)",
    re.IGNORECASE,
)
_ANONYMOUS = re.compile(
    rf"(?<!\w){reporting.alternatives(reporting.ANONYMOUS)}(?!\w)", re.IGNORECASE
)
_COLLECTIVE = re.compile(rf"{reporting.alternatives(reporting.COLLECTIVE)}(?!\w)", re.IGNORECASE)
_CLASSIFIERS = re.compile(
    rf"(?:{reporting.alternatives(reporting.CLASSIFIERS)} ?)*",
    re.IGNORECASE,
)
_COMMA = re.compile(r",(?!\d)")
_LINK = re.compile(r" (?:của|thuộc|và|cùng) ")
_BRACKET = re.compile(r" \([^()\n]{1,60}\)")
_REACH = 400


@dataclass(frozen=True)
class Source:
    """A source in the working copy, with its status and the names of those who speak."""

    start: int
    end: int
    status: str
    names: tuple[str, ...]


@dataclass
class Page:
    """What is known of a page when its sources are read: the text and its names."""

    text: str
    mentions: Sequence[Mention]
    _starts: list[int] = field(default_factory=list)
    _titles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._starts = [mention.start for mention in self.mentions]
        for mention in self.mentions:
            if mention.type == "PER" and mention.title:
                self._titles.setdefault(mention.title, mention.text)

    def within(self, start: int, end: int) -> list[Mention]:
        """The names inside a range."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end)
        return [mention for mention in self.mentions[first:last] if mention.end <= end]

    def source_before(self, start: int, end: int) -> Source | None:
        """The source whose noun phrase ends (with an apposition or adverbial perhaps) right before
        ``end``.
        """
        start = max(start, end - _REACH)
        parts = list(self._parts(start, end))
        apposed = len(parts) > 1 and not self.text[slice(*parts[-1])].strip()
        if apposed:
            parts.pop()
            while len(parts) > 1 and self._adverbial(*parts[-1]):
                parts.pop()
        last = parts[-1]
        phrase = self._noun_phrase(*last)
        if not apposed or len(parts) < 2:
            return self._source(*phrase) if phrase else None
        outer = self._noun_phrase(*parts[-2])
        if (
            outer
            and not self._adverbial(*parts[-2])
            and self.text[outer[1] : parts[-2][1]].strip() == ""
        ):
            return self._source(outer[0], last[0] + len(self.text[slice(*last)].rstrip()))
        return self._source(*phrase) if phrase else None

    def subject(self, start: int, end: int) -> Source | None:
        """The subject of the clause: the noun phrase of the first part of it that is no
        adverbial.
        """
        for part in self._parts(max(start, end - _REACH), end):
            if phrase := self._noun_phrase(*part):
                return self._source(*phrase)
        return None

    def source_after(self, start: int, end: int) -> Source | None:
        """The source after ``theo``: up to the comma, with an apposition."""
        end = min(end, start + _REACH)
        parts = list(self._parts(start, end))
        phrase = self._noun_phrase(*parts[0])
        if phrase is None or phrase[0] != start:
            return None
        if len(parts) > 2 and phrase[1] == parts[0][1] and (inner := self._noun_phrase(*parts[1])):
            begins = self.text[slice(*parts[1])].lstrip()
            apposition = (
                begins[:1].islower()
                and begins.split()[0] not in lexicon.HONORIFICS
                and not _OTHER.match(begins)
            )
            if (
                apposition
                and inner[1] == parts[1][1]
                and inner[0] - parts[1][0] < 2
                and self.within(*phrase)
            ):
                phrase = (phrase[0], inner[1])
        return self._source(*phrase)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a range between commas."""
        begin = start
        for match in _COMMA.finditer(self.text, start, end):
            before = self.text[begin : match.start()]
            if before.count("(") > before.count(")"):
                continue
            yield start, match.start()
            start = match.end()
        yield start, end

    def _adverbial(self, start: int, end: int) -> bool:
        word = WORD.search(self.text, start, end)
        return word is not None and word.group().lower() in reporting.ADVERBIAL

    def _noun_phrase(self, start: int, end: int) -> tuple[int, int] | None:
        """The noun phrase that can speak inside a range: from its first head or name on, without
        adverbials after it.
        """
        heads = [match.start() for match in _HEAD.finditer(self.text, start, end)]
        names = self.within(start, end)
        candidates = sorted(
            {
                *heads,
                *(
                    mention.start
                    for mention in names
                    if mention.type in {"PER", "ORG", "GPE", "LOC"}
                ),
            }
        )
        for head in candidates:
            before = WORD.findall(self.text[max(start, head - 12) : head])
            if before and before[-1].lower() in lexicon.PLACE_PREPOSITIONS | {
                "của",
                "với",
                "cho",
                "bởi",
                "trong",
                "theo",
                "vào",
                "hôm",
                "trên",
                "thăm",
                "gặp",
            }:
                continue
            if any(mention.start < head < mention.end for mention in names):
                continue
            if self._adverbial(start, end) and before and not self._fresh(head, end):
                continue
            return head, self._phrase_end(head, end)
        return None

    def _fresh(self, head: int, end: int) -> bool:
        """Whether a noun phrase begins with a title, honorific or pronoun, so that it can be a
        subject after an adverbial.
        """
        word = WORD.match(self.text, head, end)
        return word is not None and (
            word.group().lower() in lexicon.HONORIFICS
            or any(m.type == "PER" for m in self.within(head, end))
        )

    def _phrase_end(self, start: int, end: int) -> int:
        """Where the noun phrase that begins at ``start`` ends."""
        names = self.within(start, end)
        position = start
        for match in WORD.finditer(self.text, start, end):
            holder = next((m for m in names if m.start <= match.start() < m.end), None)
            if holder is not None:
                if match.start() == holder.start or match.end() > position:
                    position = max(position, holder.end)
                continue
            linked = _LINK.match(self.text, position, end) is not None
            if (
                position > start
                and match.start() >= position
                and any(m.end == position for m in names)
            ):
                bracket = _BRACKET.match(self.text, position, end)
                if bracket and match.start() < bracket.end():
                    position = bracket.end()
                    continue
                if match.start() < position:
                    continue
                if not linked and not self._title_at(match.start(), end):
                    break
            if (
                match.start() > start
                and match.group().lower() in reporting.STOP_NOUN_PHRASE
                and match.start() >= position
            ):
                break
            position = max(position, match.end())
        closed = self.text[position : position + 1] == ")" and "(" in self.text[start:position]
        return position + closed

    def _title_at(self, position: int, end: int) -> bool:
        words = [
            match.group().lower()
            for match in WORD.finditer(self.text, position, min(end, position + 24))
        ]
        return any(tuple(words[:n]) in lexicon.TITLES for n in (1, 2, 3)) or (
            words[:1] != [] and words[0] in lexicon.HONORIFICS
        )

    def _source(self, start: int, end: int) -> Source | None:
        surface = self.text[start:end].rstrip()
        if not surface:
            return None
        inside = self.within(start, end)
        outer = [
            m
            for m in inside
            if not any(o is not m and o.start <= m.start and m.end <= o.end for o in inside)
        ]
        status, names = self._status(surface, start, outer)
        return Source(start, start + len(surface), status, names)

    def _status(
        self, surface: str, start: int, names: list[Mention]
    ) -> tuple[str, tuple[str, ...]]:
        """The status of a source and who speaks by it."""
        for pattern, gender in ((_MALE, "m"), (_FEMALE, "f")):
            if pattern.fullmatch(surface):
                return "pronoun", self._person(start, gender)
        if _OTHER.fullmatch(surface):
            return "pronoun", self._body(start) if surface.lower() == "họ" else ()
        if _THESE.fullmatch(surface):
            return "nominal", self._body(start)
        if _ANONYMOUS.search(surface):
            return "anonymous", ()
        if _DOCUMENT.match(surface):
            return "document", tuple(m.text for m in names if m.type in {"ORG", "PER", "GPE"})[:1]
        people = [m.text for m in names if m.type == "PER"]
        if people:
            return "named", tuple(people) if re.search(r" (?:và|cùng) ", surface) else (people[0],)
        if _COLLECTIVE.match(surface):
            return "collective", ()
        bodies = [m for m in names if m.type in {"ORG", "GPE", "LOC", "FAC"}]
        if bodies and _CLASSIFIERS.fullmatch(self.text[start : bodies[0].start]):
            return "named", tuple(m.text for m in bodies) if re.search(r" và ", surface) else (
                bodies[0].text,
            )
        known = self._titles.get(surface.lower())
        return "nominal", (known,) if known else ()

    def _person(self, before: int, gender: str) -> tuple[str, ...]:
        """The last person of this gender (or of an unknown one) that is named before an offset, the
        first one of that sentence.
        """
        position = bisect_left(self._starts, before)
        for mention in reversed(self.mentions[max(0, position - 60) : position]):
            if mention.type == "PER" and mention.gender in {gender, ""}:
                begin = max(
                    self.text.rfind(". ", max(0, mention.start - _REACH), mention.start),
                    self.text.rfind("\n", 0, mention.start),
                )
                first = [
                    m
                    for m in self.within(begin + 1, mention.start)
                    if m.type == "PER" and m.gender in {gender, ""}
                ]
                return ((first or [mention])[0].text,)
        return ()

    def _body(self, before: int) -> tuple[str, ...]:
        """The last organisation or country that is named before an offset."""
        position = bisect_left(self._starts, before)
        for mention in reversed(self.mentions[max(0, position - 20) : position]):
            if mention.type in {"ORG", "GPE"}:
                return (mention.text,)
        return ()
