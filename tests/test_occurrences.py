"""Strings are found together as one by one, and surfaces are placed as by a look at all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie import occurrences
from vinewsie.model import Span
from vinewsie.occurrences import Occurrences
from vinewsie.reading.surfaces import LETTERS, RESOLVERS, SURFACE, SurfacePlacer
from vinewsie.text_map import LetterIndex, whole_words

TEXTS = st.text(alphabet="aàb A_ …\u0300", max_size=40)
SURFACES = st.lists(st.text(alphabet="aàb _", max_size=5), max_size=12)


def one_by_one(text: str, string: str) -> list[int]:
    return [at for at in range(len(text)) if string and text.startswith(string, at)]


@given(TEXTS, SURFACES)
def test_strings_are_found_together(text: str, strings: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(occurrences, "_MANY", 0)
        found = Occurrences(text, strings)
        assert {s: [*found.of(s)] for s in strings} == {s: one_by_one(text, s) for s in strings}


def test_equal_hashes_are_told_apart() -> None:
    """Words of Thue and Morse have equal hashes modulo 2^64, whatever the base."""
    one, other = "a", "b"
    for _ in range(11):
        one, other = one + other, other + one
    strings = [one, other, *(f"x{n}" for n in range(500))]
    found = Occurrences(one + "c" + other, strings)
    assert ([*found.of(one)], [*found.of(other)]) == ([0], [len(one) + 1])


class SlowPlacer:
    """Places surfaces by a look at all occurrences and all that is taken."""

    def __init__(self, text: str, resolve: str) -> None:
        self.text, self.resolve = text, resolve
        self.taken: list[tuple[int, int]] = []

    def occurrences(self, surface: str) -> list[Span]:
        size = len(surface)
        found = [Span(start=at, end=at + size) for at in one_by_one(self.text, surface)]
        by_letters = self.resolve == LETTERS and not found
        return [*LetterIndex(self.text).find(surface)] if by_letters else found

    def doubt(self, span: Span) -> int:
        if self.resolve == SURFACE:
            return 0
        if not whole_words(self.text, span):
            return 2
        return int(any(start < span.end and span.start < end for start, end in self.taken))

    def place(self, surface: str) -> Span | None:
        free = [s for s in self.occurrences(surface) if (s.start, s.end) not in self.taken]
        span = min(free, key=self.doubt, default=None)
        if span is not None:
            self.taken.append((span.start, span.end))
        return span

    def nearest(self, surface: str, offset: int) -> Span | None:
        there = self.occurrences(surface)
        return min(there, key=lambda s: (abs(s.start - offset), s.start), default=None)


@given(TEXTS, SURFACES, st.sampled_from([*RESOLVERS]), st.sampled_from([0, 500]), st.data())
def test_surfaces_stand_where_a_look_at_all_places_puts_them(
    text: str, surfaces: list[str], resolve: str, count: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(occurrences, "_MANY", count)
        placer, slow = SurfacePlacer(text, resolve, surfaces[::2]), SlowPlacer(text, resolve)
        for surface in surfaces * 2:
            if text and data.draw(st.booleans(), "a record with offsets"):
                start = data.draw(st.integers(0, len(text) - 1))
                end = data.draw(st.integers(start + 1, len(text)))
                placer.take(start, end)
                slow.taken.append((start, end))
            assert placer.place(surface) == slow.place(surface)
            offset = data.draw(st.integers(-1, len(text) + 1))
            assert placer.nearest(surface, offset) == slow.nearest(surface, offset)


def test_each_occurrence_is_visited_once_for_each_way_to_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, visited = 300, 0
    of = Occurrences.of

    def counted(self: Occurrences, string: str):  # type: ignore[no-untyped-def]
        nonlocal visited
        for at in of(self, string):
            visited += 1
            yield at

    monkeypatch.setattr(Occurrences, "of", counted)
    placer = SurfacePlacer("Nga " * count, "words")
    assert [placer.place("Nga") for _ in range(count)].count(None) == 0
    assert placer.place("Nga") is None
    assert visited == 3 * count
