"""Measures of people, worked by hand: who is quoted, how often, and wrongly."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import RegistryEntry
from vinewsie.registry import Registry
from vinewsie.report.text import voice_table

TEXT = "An nói một hai ba. Bình nói bốn năm sáu. Huế nói bảy tám chín. An nói mười mười một."
CONTENTS = ("một hai ba", "bốn năm sáu", "bảy tám chín", "mười mười một")


def quotes(*speakers: str) -> list[dict[str, Any]]:
    return [
        {
            "content": [{"start": TEXT.index(words), "end": TEXT.index(words) + len(words)}],
            "speakers": [speaker] if speaker else [],
        }
        for words, speaker in zip(CONTENTS, speakers, strict=True)
    ]


REGISTRY = Registry(
    RegistryEntry(entity_id=name.casefold(), type=type_, name_vi=name, name_en=name)
    for name, type_ in (("An", "PER"), ("Bình", "ORG"), ("Huế", "GPE"), ("Chi", "PER"))
)
GOLD = vn.Gold(
    {
        "d": msgspec.convert(
            {"doc_id": "d", "text": TEXT, "quotes": quotes("an", "bình", "huế", "an")},
            vn.Document,
        )
    },
    REGISTRY,
)


def score(measure: str, *speakers: str) -> vn.Result:
    prediction = {"doc_id": "d", "quotes": quotes(*speakers)}
    return vn.score([prediction], GOLD, measures=[measure], resamples=0)


def counts(measure: str, *speakers: str) -> tuple[int, int, int]:
    found = score(measure, *speakers)[measure].counts
    return found.gold, found.predicted, found.matched


def test_persons_and_organisations_of_a_document_count_once() -> None:
    # Gold: an, bình; Huế is a place.
    assert counts("people.document", "An", "Bình", "Huế", "An") == (2, 2, 2)
    assert counts("people.document", "An", "An", "An", "An") == (2, 1, 1)
    assert counts("people.document", "Chi", "Bình", "Huế", "Ai") == (2, 3, 1)
    assert counts("people.document", "", "", "", "") == (2, 0, 0)


def test_quotations_by_speaker() -> None:
    assert counts("people.voice", "An", "Bình", "Huế", "An") == (4, 4, 4)
    # an 2 against 3, bình 1 against 0, huế 1 against 1.
    result = score("people.voice", "An", "An", "Huế", "An")
    by = result["people.voice"].by_label
    assert {name: (n.gold, n.predicted, n.matched) for name, n in by.items()} == {
        "an": (2, 3, 2),
        "bình": (1, 0, 0),
        "huế": (1, 1, 1),
    }
    assert [row[1:] for row in voice_table(result["people.voice"]).rows] == [
        ["2", "3", "+1"],
        ["1", "1", "+0"],
        ["1", "0", "-1"],
        ["4", "4", "± 2"],
    ]


def test_misattributed_is_a_share_of_the_predictions_that_name_somebody() -> None:
    result = score("attribution.misattributed", "Chi", "", "Huế", "An")
    assert result["attribution.misattributed"].accuracy == pytest.approx(1 / 3)
    [error] = result.errors
    assert (error["error"], error["index"]) == ("wrong", 0)
    assert error["gold_speakers"] == ["an"]
    assert error["speakers"] == [{"given": "Chi", "by": "name", "readings": ["chi"]}]


@pytest.mark.parametrize("strict", ["", "(speakers=strict)"])
@pytest.mark.parametrize("nobody", ["Ông", "họ", "  ", unicodedata.normalize("NFD", "ông\u00a0ấy")])
def test_a_pronoun_and_an_empty_text_name_nobody(nobody: str, strict: str) -> None:
    names = ("misattributed", "joint")
    measures = [f"attribution.{name}{strict}" for name in names]
    measures += [f"people.document{strict}", f"people.voice{strict}"]
    spoken = [{**quote, "speakers": [nobody]} for quote in quotes("An", "An", "An", "An")]
    result = vn.score([{"doc_id": "d", "quotes": spoken}], GOLD, measures=measures, resamples=0)
    misattributed, joint, document, voice = result.values()
    assert misattributed.counts.predicted == 0
    assert (joint.counts.predicted, joint.counts.matched) == (4, 0)
    assert document.counts.predicted == voice.counts.predicted == 0
    assert result.diagnostics["attribution"]["wrong"]["withheld"] == 4


def test_a_role_without_a_name_is_a_wrong_speaker() -> None:
    result = score("attribution.misattributed", "Người phát ngôn", "", "Huế", "An")
    assert result["attribution.misattributed"].accuracy == pytest.approx(1 / 3)
    assert result.diagnostics["attribution"]["wrong"] == {
        "another": 0,
        "invented": 1,
        "withheld": 1,
        "relayer": 0,
    }
