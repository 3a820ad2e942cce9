"""Offsets in code points: syllables, lines, placing surfaces, and looking names up."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.model import Span
from vinewsie.reading.surfaces import SurfacePlacer
from vinewsie.registry import name_key
from vinewsie.scheme.marks import quotation_marks, status_of
from vinewsie.scoring.speakers import RegistryNames, SpeakerNames
from vinewsie.text import lines, syllables


def words(text: str, *content: tuple[int, int]) -> list[str]:
    spans = [Span(start=s, end=e) for s, e in content or [(0, len(text))]]
    return [text[s:e] for s, e in sorted(syllables(text, spans))]


def test_syllables_leave_out_marks_punctuation_and_a_leading_complementiser() -> None:
    assert words("rằng “Nga và\u00a0Mỹ,” 2 quốc_gia…") == ["Nga", "và", "Mỹ", "2", "quốc", "gia"]
    # What is nothing else, or has no syllable, stands for itself.
    assert words("là rằng là") == ["là", "rằng", "là"]
    assert words("…😀") == ["…😀"]
    assert words("Là Nga") == ["Nga"]
    assert words("Nga là bạn") == ["Nga", "là", "bạn"]


def test_a_cut_syllable_is_another_one() -> None:
    text = "Nguyễn 🇻🇳 Huệ"
    assert (
        syllables(text, [Span(start=0, end=4)]) & syllables(text, [Span(start=0, end=6)])
        == frozenset()
    )
    assert words(text) == ["Nguyễn", "Huệ"]


def test_overlapping_content_spans_count_a_syllable_once() -> None:
    assert words("một hai ba", (0, 7), (4, 10)) == ["một", "hai", "ba"]


@given(st.text())
def test_lines_hold_every_character_that_is_not_blank(text: str) -> None:
    spans = list(lines(text))
    covered = {i for start, end in spans for i in range(start, end)}
    assert all(character.isspace() or i in covered for i, character in enumerate(text))
    assert all(text[s:e] == text[s:e].strip() and "\n" not in text[s:e] for s, e in spans)


def test_surfaces_take_the_first_free_occurrence() -> None:
    placer = SurfacePlacer("Nga, Nga và Nga")
    placer.take(0, 3)
    assert [placer.place("Nga"), placer.place("Nga"), placer.place("Nga"), placer.place("")] == [
        Span(start=5, end=8),
        Span(start=12, end=15),
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("nói “a” và 'b'.", [4, 6, 11, 13]),
        ("O'Brien, D’Artagnan nói: ‘a’", [25, 27]),
        ('"a”', [0, 2]),
        ("«x» ‹y› „z“", [0, 2, 4, 6, 8, 10]),
        ("tốc độ 5' và 'x'", [8, 13, 15]),
    ],
)
def test_quotation_marks_and_apostrophes(text: str, offsets: list[int]) -> None:
    assert list(quotation_marks(text)) == offsets


def test_status_follows_from_the_marks() -> None:
    assert [
        status_of("“", "”"),
        status_of("“", '"'),
        status_of("'", "'"),
        status_of('"', None),
        status_of("„", "“"),
    ] == [
        "balanced",
        "mismatched",
        "balanced",
        "unclosed",
        "balanced",
    ]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ông Kim Jong-un", "kim jong un"),
        ("ông  Tổng thống Putin", "putin"),
        ("NHÀ LÃNH ĐẠO Kim Jong Un", "kim jong un"),
        (unicodedata.normalize("NFD", "Bà Thomas–Greenfield"), "thomas greenfield"),
        ("Bà", "bà"),
        ("Bàng", "bàng"),
        ("Tổng thống Nga", "nga"),
        ("Giáo sư Tiến sĩ Lan", "lan"),
        # Not who is named, but a sister, a lawyer, an envoy.
        ("chị ông Minh", "chị ông minh"),
        ("chị Tổng thống Minh", "chị tổng thống minh"),
        ("luật sư Tổng thống Minh", "luật sư tổng thống minh"),
        ("Đại sứ Tổng thống Minh", "đại sứ tổng thống minh"),
    ],
)
def test_name_keys(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("doc_id", "speaker", "key"),
    [
        ("epochtimes-vn-20220815", "kim-jong-un", "kim-jong-un"),
        ("epochtimes-vn-20220815", "ông Kim", "kim-jong-un"),
        ("epochtimes-vn-20220815", "KIM JONG UN", "kim-jong-un"),
        ("epochtimes-vn-20220815", "Kim Jong Il", "unknown:Kim Jong Il"),
        ("epochtimes-vn-20220815", "Kim Jong", "unknown:Kim Jong"),
        ("epochtimes-vn-20220815", "Hoa Kỳ", "united-states"),
        ("epochtimes-vn-20220815", "Mỹ", "united-states"),
        ("epochtimes-vn-20220815", "Korean Central News Agency", "kcna"),
        # Two entities of this page are called so.
        ("epochtimes-vn-20220815", "Triều Tiên", "unknown:Triều Tiên"),
        # An entity of the other page only.
        ("epochtimes-vn-20220815", "Hamas", "unknown:Hamas"),
        ("baoquocte-20231012", "Hamas", "hamas"),
    ],
)
def test_speakers_are_looked_up_by_name(gold: vn.Gold, doc_id: str, speaker: str, key: str) -> None:
    assert SpeakerNames(gold[doc_id], RegistryNames(gold.registry)).resolve(speaker) == key


def test_speakers_are_looked_up_by_wikidata_id(gold: vn.Gold) -> None:
    entry = next(e for e in gold.registry.values() if e.wikidata)
    assert (
        SpeakerNames(gold["baoquocte-20231012"], RegistryNames(gold.registry)).resolve(
            entry.wikidata
        )
        == entry.entity_id
    )
