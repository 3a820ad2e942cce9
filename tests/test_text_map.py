"""Spans of a changed text are found again, or not at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie.model import Span
from vinewsie.reading.surfaces import SurfacePlacer
from vinewsie.text_map import TextMap, letters

TEXT = "Hoà bình ở  Uỷ ban\u00a0Nhân dân 🇻🇳 xã Đại Nghĩa.\nÔng “Kim” nói: Hoà bình…\n"

CHANGES: dict[str, Callable[[str], str]] = {
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "tone marks": lambda text: text.replace("Hoà", "Hòa").replace("Uỷ", "Ủy"),
    "white space": lambda text: " ".join(text.split()),
    "underscores": lambda text: text.replace("Nhân dân", "Nhân_dân").replace(
        "Hoà bình", "Hoà_bình"
    ),
    "quotation marks": lambda text: text.replace("“", '"').replace("”", "''"),
    "case": str.lower,
    "zero width": lambda text: text.replace("ban", "b\u200ban"),
    "ellipsis": lambda text: text.replace("…", "..."),
    "line ends": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("surface", ["Hoà bình", "Uỷ ban\u00a0Nhân dân", "xã Đại Nghĩa", "Kim"])
def test_spans_of_a_changed_text(change: str, surface: str) -> None:
    changed = CHANGES[change](TEXT)
    there = CHANGES[change](surface)
    if change == "white space":
        there = " ".join(surface.split())
    start = changed.find(there)
    found = TextMap(changed, TEXT).span(start, start + len(there))
    assert found is not None
    assert TEXT[found.start : found.end] == surface


def test_the_marks_of_the_last_letter_belong_to_it() -> None:
    text = unicodedata.normalize("NFD", "ở Huế nay")
    found = TextMap("ở Huế nay", text).span(2, 5)
    assert found is not None
    assert unicodedata.normalize("NFC", text[found.start : found.end]) == "Huế"


def test_what_is_not_there_is_not_guessed() -> None:
    to_text = TextMap("Ông Kim nói với ông Putin.", "Ông Kim nói với ông Vladimir.")
    assert to_text.span(4, 7) == Span(start=4, end=7)
    assert to_text.span(20, 25) is None  # Putin
    assert to_text.span(16, 25) is None  # ông Putin, of which a part is there
    assert to_text.span(3, 4) is None  # a space has no letters
    assert to_text.span(30, 40) is None


def test_a_repeated_word_keeps_its_place() -> None:
    text = "Nga, Nga và Nga"
    assert [TextMap("Nga , Nga và Nga", text).span(s, s + 3) for s in (0, 6, 13)] == [
        Span(start=s, end=s + 3) for s in (0, 5, 12)
    ]


def test_half_a_text() -> None:
    whole = "Dòng một.\nDòng hai.\nDòng ba.\nDòng bốn."
    half = TextMap("Dòng hai.\nDòng bốn.", whole)
    assert half.kept == 1
    assert 0.4 < half.covered < 0.6
    assert half.span(10, 18) == Span(start=29, end=37)


def test_words_are_not_found_scattered_in_a_long_text() -> None:
    assert (
        TextMap(
            "another",
            "Một câu khác hẳn, rất dài, trong đó có tất cả các chữ cái: a n o t h e r. " * 20,
        ).kept
        < 0.5
    )


@given(st.text(alphabet="aăâđ Hòàỷ_\u0300\u0309\u200b\n“.", max_size=60), st.data())
def test_a_found_span_has_the_letters_of_the_one_asked_for(text: str, data: st.DataObject) -> None:
    changed = data.draw(
        st.sampled_from(
            [str.lower, lambda t: unicodedata.normalize("NFD", t), lambda t: t.replace(" ", "_")]
        )
    )(text)
    start = data.draw(st.integers(0, max(len(changed) - 1, 0)))
    end = data.draw(st.integers(start, len(changed)))
    found = TextMap(changed, text).span(start, end)
    if found is not None and changed != text:
        assert letters(text[found.start : found.end]) == letters(changed[start:end])
    elif changed != text:
        assert not letters(changed[start:end])


def test_surfaces_by_letters() -> None:
    exact, by_letters = SurfacePlacer(TEXT), SurfacePlacer(TEXT, "letters")
    assert exact.place("Hòa bình") is None
    assert by_letters.place("Hòa bình") == Span(start=0, end=8)
    second = by_letters.place("hoà_bình")
    assert second is not None
    assert TEXT[second.start : second.end] == "Hoà bình"
    assert by_letters.place("Hòa bình") is None  # both are taken
    assert by_letters.place("ÔN") is None  # no word is cut
    assert by_letters.place("") is None
