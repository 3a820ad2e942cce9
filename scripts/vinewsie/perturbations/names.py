"""Registered names in a text: exonyms, and syllables joined by underscores. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from vinewsie.perturbations.edits import Edit
from vinewsie.registry import OFFICES, RANKS, Registry, folded
from vinewsie.text import SYLLABLE

SPACE = "[ \u00a0]"
"""A space, which may be a no-break one."""
_OFFICES = tuple(title for title in (*RANKS, *OFFICES) if " " in title)
_ADDRESS = frozenset({"ông", "bà", "anh", "chị", "cô", "em", "chú", "bác", "cậu", "dì"})
"""What stands before a person's name."""
_OPENERS = frozenset(
    {"theo", "tại", "ở", "từ", "với", "do", "vì", "khi", "nếu", "cả", "và", "nhưng", "còn"}
    | {"nước", "phía", "về", "trước", "sau", "người"}
)
"""Words that are capitalised at the beginning of a sentence, and in no name."""
_COMPOUNDS = (
    "bán đảo",
    "bệnh viện",
    "bí thư",
    "bộ trưởng",
    "chủ tịch",
    "công ty",
    "cơ quan",
    "giám đốc",
    "giáo sư",
    "khu vực",
    "luật sư",
    "lực lượng",
    "nghị sĩ",
    "ngoại trưởng",
    "ngân hàng",
    "phóng viên",
    "thành phố",
    "thứ trưởng",
    "thủ tướng",
    "tiến sĩ",
    "tập đoàn",
    "tổ chức",
    "tổng thống",
    "đại sứ",
)
"""Titles and units of two syllables. Not those that two neighbours often make by chance, as in
``tài chính phủ nhận`` and ``Trung Quốc hội đàm``.
"""
_COMPOUND = re.compile(
    "|".join(rf"(?<!\w)[{w[0]}{w[0].upper()}]{re.escape(w[1:])}(?!\w)" for w in _COMPOUNDS)
)


class Name(NamedTuple):
    """An occurrence of a registered name.

    Args:
        start: its first code point.
        end: the one after its last.
        name: the name, as the registry has it.
        entities: the keys of the entries that have it.
    """

    start: int
    end: int
    name: str
    entities: frozenset[str]


class NamesInText:
    """All occurrences of registered names in a text, also one in another.

    Args:
        text: the text.
        registry: the registry; the names are its aliases.
    """

    def __init__(self, text: str, registry: Registry) -> None:
        self.text = text
        names: dict[str, set[str]] = {}
        for key, entry in registry.items():
            for name in filter(None, entry.aliases):
                names.setdefault(name, set()).add(key)
        longest = max((len(SYLLABLE.findall(name)) for name in names), default=0)
        plain = text.replace("\u00a0", " ")
        spans = [match.span() for match in SYLLABLE.finditer(text)]
        self.all = [
            Name(start, end, name, frozenset(names[name]))
            for n, (start, _) in enumerate(spans)
            for _, end in spans[n : n + longest]
            if (name := plain[start:end]) in names
        ]
        self._starts = {name.start for name in self.all}
        self._ends = {name.end for name in self.all}

    def outer(self) -> Iterator[Name]:
        """The occurrences from left to right, of those that overlap the first and longest."""
        last = 0
        for name in sorted(self.all, key=lambda one: (one.start, -one.end)):
            if name.start >= last:
                yield name
                last = name.end

    def splits(self, start: int, end: int, entities: frozenset[str] = frozenset()) -> bool:
        """Whether the name of an entity beside these begins or ends inside a span."""
        return any(
            (start < name.start < end or start < name.end < end) and not name.entities & entities
            for name in self.all
        )

    def in_longer_name(self, start: int, end: int) -> bool:
        """Whether a span seems to be a part of a name that is not registered (Mỹ of Mỹ Tâm).

        That is so beside a capitalised syllable, unless this belongs to a registered name, is an
        office, or begins a sentence; and behind a form of address.
        """
        text = self.text
        before = re.search(rf"({SYLLABLE.pattern}){SPACE}$", text[max(0, start - 40) : start])
        if before is not None:
            word = before[1]
            if word.lower() in _ADDRESS:
                return True
            known = start - 1 in self._ends or word.lower() in _OPENERS
            known = known or folded(text[max(0, start - 40) : start]).endswith(_OFFICES)
            if word[0].isupper() and not known:
                return True
        after = re.compile(rf"{SPACE}({SYLLABLE.pattern})").match(text, end)
        return after is not None and after[1][0].isupper() and end + 1 not in self._starts


def _part(one: str, other: str) -> bool:
    """Whether a folded name is a part of another one, or the same."""
    return f" {one} " in f" {other} "


def exonyms(registry: Registry) -> dict[str, str]:
    """For names of countries and places, the name in another usage (Mỹ, Hoa Kỳ).

    Names that differ in case, or of which one is a part of the other, are one usage. Left out are
    names of several entries, since a text does not tell which is meant, and clipped ones (Trung
    for Trung Quốc), which do not stand for the whole name anywhere.
    """
    entries = Counter(
        name for entry in registry.values() for name in {folded(a) for a in entry.aliases}
    )
    found: dict[str, str] = {}
    for entry in registry.values():
        if entry.type not in ("GPE", "LOC") or entry.kind != "name":
            continue
        every: dict[str, str] = {}
        for name in filter(None, entry.aliases):
            every.setdefault(folded(name), name)
        own = [
            name
            for name in every
            if entries[name] == 1 and not any(other.startswith(f"{name} ") for other in every)
        ]
        for n, name in enumerate(own):
            for other in (*own[n + 1 :], *own[:n]):
                if not (_part(name, other) or _part(other, name)):
                    found[every[name]] = every[other]
                    break
    return found


def exonym_edits(text: str, registry: Registry) -> Iterator[Edit]:
    """Names of places in another usage."""
    others = exonyms(registry)
    names = NamesInText(text, registry)
    for name in names.outer():
        other = others.get(name.name)
        if other is not None and not names.in_longer_name(name.start, name.end):
            yield _differing(name, other)


def _differing(name: Name, other: str) -> Edit:
    """The edit of the syllables that differ, so that a name inside the name is not widened."""
    (start, end), old, new = name[:2], name.name.split(" "), other.split(" ")
    while min(len(old), len(new)) > 1 and old[0] == new[0]:
        start += len(old.pop(0)) + 1
        new.pop(0)
    while min(len(old), len(new)) > 1 and old[-1] == new[-1]:
        end -= len(old.pop()) + 1
        new.pop()
    return Edit(start, end, " ".join(new))


def joining_edits(text: str, registry: Registry) -> Iterator[Edit]:
    """Underscores in capitalised registered names and in compounds, as word segmenters set them.

    A word never reaches over the edge of a name: of a name in a name, the inner one is joined.
    """
    names = NamesInText(text, registry)
    words = {
        (name.start, name.end)
        for name in names.all
        if not any(part[0].islower() for part in SYLLABLE.findall(name.name))
        and not names.splits(name.start, name.end, name.entities)
    }
    words |= {m.span() for m in _COMPOUND.finditer(text) if not names.splits(*m.span())}
    places = {
        match.start()
        for start, end in words
        for match in re.compile(r"(?<=[^\W_]) (?=[^\W_])").finditer(text, start, end)
    }
    for place in sorted(places):
        yield Edit(place, place + 1, "_")
