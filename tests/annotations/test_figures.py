"""Figures of texts and of readings: each on the smallest input that shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vinewsie.annotations import figures
from vinewsie.annotations.figures import ThirdReading
from vinewsie.model import Date, Document, Entity, Mark, Quote, Span

TEXT = "An nói: “Đẹp.” Bo cười!\nTheo John, v.v. là đủ"


def spans(*words: str) -> list[Span]:
    return [Span(start=TEXT.index(word), end=TEXT.index(word) + len(word)) for word in words]


def document() -> Document:
    an, bo, john, said, beautiful, according, enough = spans(
        "An", "Bo", "John", "nói", "Đẹp.", "Theo", "v.v. là đủ"
    )
    return Document(
        doc_id="d",
        text=TEXT,
        entities=tuple(
            Entity(start=one.start, end=one.end, type=type_)
            for one, type_ in ((an, "PER"), (bo, "PER"), (john, "PER"), (said, "MISC"))
        ),
        marks=(
            Mark(start=beautiful.start, end=beautiful.end, open="“", close="”"),
            Mark(start=0, end=1, open="“", close=None),
            Mark(start=1, end=2, open="“", close=None),
        ),
        quotes=(
            Quote(content=(beautiful,), cue=(said,)),
            Quote(content=(enough,), cue=(according,)),
            Quote(content=(enough,), cue=(according,)),
            Quote(content=(enough,)),
        ),
    )


def test_sentences_end_at_line_breaks_and_before_letters_that_are_not_lower() -> None:
    found = [TEXT[start:end].strip() for start, end in figures.sentences(TEXT)]
    assert found == ["An nói: “Đẹp.”", "Bo cười!", "Theo John, v.v. là đủ"]
    assert [*figures.sentences("A. Đây. “ở đâu? (Ừ… thì")] == [(0, 3), (3, 16), (16, 23)]
    assert [*figures.sentences("")] == []


def test_figures_of_a_text() -> None:
    found = figures.text_figures({"d": document()})
    assert (found.documents, found.sentences, found.syllables) == (1, 3, 11)
    assert (found.sentence_mean, found.sentence_median) == (3.7, 3)
    assert (found.quotes, found.cues, found.common_cues) == (4, 2, [("theo", 2)])
    assert (found.marks, found.mark_styles) == (3, [("“ –", 2)])
    assert (found.mentions, found.foreign) == (4, 1)
    assert (found.people, found.foreign_people) == (3, 1)
    cells = {row[0]: row[1] for row in figures.text_table({"d": found}).rows}
    assert cells["cues, share of quotations"] == "theo 50%"
    assert cells["foreign names"] == "25.0% of 4"


def test_figures_of_no_text() -> None:
    found = figures.text_figures({})
    assert found.sentences == found.quotes == found.sentence_mean == 0
    assert "–" in {row[1] for row in figures.text_table({"": found}).rows}


def test_the_command_shows_the_figures_of_any_gold(cli: Callable[..., Any], tmp_path: Path) -> None:
    line = {"doc_id": "d", "text": "Một hai. Ba", "entities": []}
    (tmp_path / "gold.jsonl").write_text(json.dumps(line), encoding="utf-8")
    shown = cli("figures", "--gold", tmp_path / "gold.jsonl", "--format", "json")
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout)["sentences"] == 2
    articles = cli("figures").stdout
    assert "ViNewsIE" in articles
    assert max(map(len, articles.splitlines())) <= 80
    assert "| documents " in cli("figures", "--format", "markdown").stdout


def test_error_rates_have_exact_intervals() -> None:
    reading = ThirdReading(2, {"entities": 10, "dates": 0}, {"entities": 0, "dates": 0})
    rates = figures.error_rates(reading)
    # A layer without records has no rate. 1 - 0.025 ** (1 / 10) for none of ten.
    assert [(rate.layer, rate.records, rate.errors) for rate in rates] == [
        ("entities", 10, 0),
        ("all", 10, 0),
    ]
    assert rates[0].low == 0
    assert rates[0].high == pytest.approx(1 - 0.025**0.1)
    assert figures.error_rates(ThirdReading()) == []


def test_dates_are_not_needed() -> None:
    held = Document(doc_id="d", text="Ba", dates=(Date(start=0, end=2),))
    assert figures.text_figures({"d": held}).mentions == 0
